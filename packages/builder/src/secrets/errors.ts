import { DanubeError } from 'in-toto-attestation';
import type { SecretFinding } from './scan.ts';

/** Every way in which the look for credentials can end the making of a statement. */
export const SECRET_ERROR_CODES = [
  'ERR_SECRET_FOUND', // the statement holds what looks like a credential
  'ERR_SECRET_ALLOWLIST', // the allow-list is not one
] as const;

export type SecretErrorCode = (typeof SECRET_ERROR_CODES)[number];

/** A statement that must not be signed as it is; `findings` says what was found, masked. */
export class SecretError extends DanubeError<SecretErrorCode> {
  readonly findings: readonly SecretFinding[];

  constructor(
    code: SecretErrorCode,
    message: string,
    options: {
      readonly hint?: string;
      readonly cause?: unknown;
      readonly findings?: readonly SecretFinding[];
    } = {},
  ) {
    super(code, message, options);
    this.findings = options.findings ?? [];
  }
}
