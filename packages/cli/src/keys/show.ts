import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { choice, single } from '../options.ts';

export interface ShowOptions {
  readonly passphraseFile?: string;
  readonly format: 'text' | 'json';
}

export function describe(command: Command): void {
  command
    .description(
      'Show key id, digest, algorithm and permissions of key files, private or public. No secret is shown.',
    )
    .argument('<KEY...>', 'key files')
    .addOption(single('--passphrase-file <FILE>', 'the passphrase of encrypted keys; - is stdin'))
    .addOption(choice('--format <FORMAT>', 'for people or for programs', ['text', 'json'], 'text'))
    .addHelpText(
      'after',
      `
Exit codes: 0 every key is shown, 2 a file is no key, 3 a file could not be read.

Examples:
  danube keys show /var/lib/danube/keys/signing.key
  danube keys show *.pub --format json`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { showKeys } = await import('./key-files.ts');
  return showKeys(command.args, command.opts<ShowOptions>());
}
