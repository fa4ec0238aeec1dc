import type { KeyFinding } from '@danube/signer';
import { EXIT, type ExitCode, usageError } from '../exit-code.ts';
import { withSigningKey } from '../signing-key.ts';
import { type Colour, paint, print, printable, printJson, STDOUT } from '../terminal.ts';
import type { DoctorOptions } from './doctor.ts';

const COLOURS: Readonly<Record<KeyFinding['status'], Colour>> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
  unknown: 'dim',
};

/**
 * Prints what a key service answers to the questions of a doctor.
 *
 * @returns `rejected` when one of the answers is a failure.
 * @throws CliError ERR_USAGE for a key that no service keeps; SignError, KeyError.
 */
export async function examineKey(uri: string, options: DoctorOptions): Promise<ExitCode> {
  return withSigningKey({ ...options, key: uri }, async (backend) => {
    if (backend.doctor === undefined) {
      throw usageError(
        `${uri} is in no key service that could be asked`,
        '`danube keys show` looks at key files',
      );
    }
    const findings = await backend.doctor({});
    if (options.format === 'json') printJson({ uri, keyid: backend.publicKey.keyid, findings });
    else print(findings.flatMap(linesOf).join('\n'));
    return findings.some(({ status }) => status === 'failed') ? EXIT.rejected : EXIT.ok;
  });
}

function linesOf({ check, status, message, hint }: KeyFinding): string[] {
  const line = `${check.padEnd(11)} ${paint(STDOUT, COLOURS[status], status.padEnd(8))} ${printable(message)}`;
  return hint === undefined ? [line] : [line, `${' '.repeat(21)}${printable(hint)}`];
}
