import { DanubeError } from 'in-toto-attestation';
import { printable } from '../printable.ts';

export const DOCUMENT_ERROR_CODES = [
  'ERR_TRUST_ROOT', // a trust root that is none, or contradicts itself
  'ERR_POLICY', // a policy that is none, demands nothing, or contradicts itself
  'ERR_POLICY_TEST', // what a policy must say, and is not said in the format for it
  'ERR_LOCK', // a lockfile that is none
] as const;

export type DocumentErrorCode = (typeof DOCUMENT_ERROR_CODES)[number];

/** A document of the caller's that cannot mean what it says; `pointer` (RFC 6901) says where. */
export class DocumentError extends DanubeError<DocumentErrorCode> {
  /** JSON pointer to the value at fault; the empty string is the whole document. */
  readonly pointer: string;

  constructor(
    code: DocumentErrorCode,
    pointer: string,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(code, printable(pointer === '' ? message : `${pointer}: ${message}`), options);
    this.pointer = pointer;
  }
}
