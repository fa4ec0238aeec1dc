import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { clearLog, describeFinding, parseSecretAllowlist } from '@danube/builder';
import { CliError } from '../exit-code.ts';
import { readInput } from '../file.ts';
import type { SecretOptions } from '../secret-options.ts';
import { say, sayWarning } from '../terminal.ts';

const ALLOWLIST_BYTES = 1024 * 1024;
/** A longer log is not looked through, and then it is not attested either. */
const LOG_BYTES = 256 * 1024 * 1024;

/**
 * Looks for credentials in the log of a command. Refused, or taken out of the file, as the options say.
 *
 * @throws SecretError, CliError ERR_IO
 */
export function clearLogFile(path: string, name: string, options: SecretOptions): void {
  const { onSecret, secretAllowlist } = options;
  const { size } = statSync(path);
  if (size > LOG_BYTES) {
    throw new CliError(
      'ERR_IO',
      `the output of the command has ${size} bytes, and at most ${LOG_BYTES} are looked through for secrets`,
    );
  }
  const allowlist =
    secretAllowlist === undefined
      ? undefined
      : parseSecretAllowlist(readInput(secretAllowlist, ALLOWLIST_BYTES));
  const before = readFileSync(path, 'latin1');
  const { text, findings, allowed } = clearLog(before, `/logs/${name}`, {
    onSecret,
    allowlist,
    now: new Date(),
  });
  if (text !== before) writeFileSync(path, text, 'latin1');
  const done = onSecret === 'redact' ? 'redacted' : 'attested although it looks like a secret';
  for (const finding of findings) sayWarning(`${done}: ${describeFinding(finding)}`);
  for (const finding of allowed) say(`on the secret allow-list: ${describeFinding(finding)}`);
}
