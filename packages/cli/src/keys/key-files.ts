import { describeKeyFile, type KeyFileDescription } from '@danube/keys/file';
import { DanubeError } from 'in-toto-attestation';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { exitCodeOf, sayFailure } from '../failure.ts';
import { readPassphraseFile } from '../passphrase.ts';
import { paint, print, printJson, printable, STDOUT } from '../terminal.ts';
import { describeServiceKey, isServiceUri, type ServiceKey, serviceKeyText } from './service-key.ts';
import type { ShowOptions } from './show.ts';

/** Prints what there is to know about key files; one that cannot be read keeps no other from being shown. */
export async function showKeys(paths: readonly string[], options: ShowOptions): Promise<ExitCode> {
  const passphrase =
    options.passphraseFile === undefined ? undefined : readPassphraseFile(options.passphraseFile);
  const keys: (KeyFileDescription | ServiceKey)[] = [];
  let exitCode: ExitCode = EXIT.ok;
  for (const path of paths) {
    try {
      keys.push(
        isServiceUri(path)
          ? await describeServiceKey(path, options)
          : await describeKeyFile(path, passphrase === undefined ? {} : { passphrase }),
      );
    } catch (error) {
      if (!(error instanceof DanubeError)) throw error;
      sayFailure(error, path);
      exitCode = worse(exitCode, exitCodeOf(error));
    }
  }
  passphrase?.fill(0);
  if (options.format === 'json') printJson(keys);
  else if (keys.length > 0)
    print(keys.map((key) => ('path' in key ? describeKey(key) : serviceKeyText(key))).join('\n\n'));
  return exitCode;
}

function worse(one: ExitCode, other: ExitCode): ExitCode {
  return one > other ? one : other;
}

function describeKey(key: KeyFileDescription): string {
  const { path, kind, encrypted, keyid, spkiSha256, algorithm, mode, flaws, warnings } = key;
  return [
    `${paint(STDOUT, 'bold', printable(path))}: ${kind} key${encrypted ? ', encrypted' : ''}`,
    row('key id', keyid ?? 'unknown without the passphrase'),
    ...(spkiSha256 === undefined ? [] : [row('spki sha256', spkiSha256)]),
    ...(algorithm === undefined ? [] : [row('algorithm', algorithm)]),
    row('permissions', mode),
    ...flaws.map((flaw) => row(paint(STDOUT, 'red', 'refused'), `it ${flaw.message}; ${flaw.hint}`)),
    ...warnings.map(({ message, hint }) => row(paint(STDOUT, 'yellow', 'warning'), `${message}; ${hint}`)),
  ].join('\n');
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(12)} ${printable(text)}`;
}
