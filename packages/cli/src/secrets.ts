import { clearStatement, describeFinding, parseSecretAllowlist } from '@danube/builder';
import type { Statement } from 'in-toto-attestation';
import { readInput } from './file.ts';
import type { SecretOptions } from './secret-options.ts';
import { say, sayWarning } from './terminal.ts';

const ALLOWLIST_BYTES = 1024 * 1024;

/**
 * The statement that may be signed: looked through for credentials, which are refused, taken out or kept as the
 * options say. What is not refused is said on stderr, masked.
 *
 * @throws SecretError
 */
export function clearSecrets(statement: Statement, options: SecretOptions): Statement {
  const { onSecret, secretAllowlist } = options;
  const allowlist =
    secretAllowlist === undefined
      ? undefined
      : parseSecretAllowlist(readInput(secretAllowlist, ALLOWLIST_BYTES));
  const cleared = clearStatement(statement, { onSecret, allowlist, now: new Date() });
  const done = onSecret === 'redact' ? 'redacted' : 'signed although it looks like a secret';
  for (const finding of cleared.findings) sayWarning(`${done}: ${describeFinding(finding)}`);
  for (const finding of cleared.allowed) say(`on the secret allow-list: ${describeFinding(finding)}`);
  return cleared.statement;
}
