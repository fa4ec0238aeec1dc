import type { Command } from 'commander';
import type { KeyFileOptions } from '../signing-key-options.ts';
import type { ExitCode } from '../exit-code.ts';
import { choice, single } from '../options.ts';

export interface ShowOptions extends KeyFileOptions {
  readonly format: 'text' | 'json';
}

export function describe(command: Command): void {
  command
    .description(
      'Show key id, digest and algorithm of keys, the permissions of key files and what a key service says. No secret is shown.',
    )
    .argument('<KEY...>', 'key files or key URIs')
    .addOption(single('--passphrase-file <FILE>', 'the passphrase of encrypted keys; - is stdin'))
    .addOption(single('--key-config <FILE>', 'how a key service is called, and where its secrets are (JSON)'))
    .addOption(choice('--format <FORMAT>', 'for people or for programs', ['text', 'json'], 'text'))
    .addHelpText(
      'after',
      `
Exit codes: 0 every key is shown, 2 a file is no key, 3 a file could not be read.

Examples:
  danube keys show /var/lib/danube/keys/signing.key
  danube keys show *.pub --format json
  danube keys show gcpkms://projects/p/locations/eu/keyRings/r/cryptoKeys/k`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { showKeys } = await import('./key-files.ts');
  return showKeys(command.args, command.opts<ShowOptions>());
}
