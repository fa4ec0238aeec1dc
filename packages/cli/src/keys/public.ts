import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { choice } from '../options.ts';
import { addKeyFileOptions, type KeyFileOptions } from '../signing-key-options.ts';

const FORMATS = ['pem', 'openssh', 'raw-hex'] as const;

export interface PublicOptions extends KeyFileOptions {
  readonly format: (typeof FORMATS)[number];
}

export function describe(command: Command): void {
  addKeyFileOptions(command)
    .description('Print the public key of a key file, private or public, or of a key in a key service.')
    .argument('<KEY>', 'a key file or key URI')
    .addOption(choice('--format <FORMAT>', 'of the key; pem is a SubjectPublicKeyInfo', FORMATS, 'pem'))
    .addHelpText(
      'after',
      `
Examples:
  danube keys public /var/lib/danube/keys/signing.key > danube.pub
  danube keys public danube.pub --format openssh
  danube keys public awskms:///alias/danube > danube.pub`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { printPublicKey } = await import('./public-key.ts');
  await printPublicKey(command.args[0] ?? '', command.opts<PublicOptions>());
  return EXIT.ok;
}
