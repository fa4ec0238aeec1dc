import { usageError } from '../exit-code.ts';
import { single } from '../options.ts';
import type { Declaration } from '../plain-arguments.ts';
import { addKeyFileOptions, type KeyFileOptions } from '../signing-key-options.ts';

/** The options of a verification summary, as the parser hands them over. */
export interface SummaryOptions extends KeyFileOptions {
  readonly vsa?: string;
  readonly vsaKey?: string;
  readonly verifierId?: string;
  readonly resourceUri?: string;
}

export function addSummaryOptions<Command extends Declaration>(command: Command): Command {
  command
    .addOption(single('--vsa <FILE>', 'write the outcome as a verification summary attestation'))
    .addOption(single('--vsa-key <KEY>', 'the key file or key URI that signs it'))
    .addOption(single('--verifier-id <URI>', 'who verifies; without --vsa: whose summary will do'))
    .addOption(single('--resource-uri <URI>', 'what is verified; without --vsa: what it must be about'));
  return addKeyFileOptions(command);
}

/** Where the summary goes; `undefined` when none is wanted. @throws CliError ERR_USAGE for an option that needs others */
export function summaryOutput(options: SummaryOptions): string | undefined {
  const { vsa, vsaKey, verifierId, resourceUri, passphraseFile, keyConfig, allowMountedKey } = options;
  const needed = { vsaKey, verifierId, resourceUri };
  if (vsa === undefined) {
    refuse(
      { vsaKey, passphraseFile, keyConfig, allowMountedKey },
      (value) => value !== undefined,
      'needs --vsa',
    );
    return undefined;
  }
  refuse(needed, (value) => value === undefined, 'is needed by --vsa');
  if (vsa === '-') throw usageError('--vsa needs a file; the report goes to standard output');
  return vsa;
}

function refuse(options: object, isWrong: (value: unknown) => boolean, why: string): void {
  const [name] = Object.entries(options).find(([, value]) => isWrong(value)) ?? [];
  if (name === undefined) return;
  throw usageError(`--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${why}`);
}
