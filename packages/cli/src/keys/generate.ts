import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { choice, single } from '../options.ts';
import { addDataDirOption } from '../signing-key-options.ts';

export interface GenerateKeyOptions {
  readonly out?: string;
  readonly passphrase?: true;
  readonly passphraseFile?: string;
  readonly derivation: 'scrypt' | 'pbkdf2';
  readonly dataDir?: string;
  readonly format: 'text' | 'json';
}

export function describe(command: Command): void {
  command
    .description(
      'Make an Ed25519 key pair: PATH (PKCS#8 PEM, mode 0600) and PATH.pub (PEM). Nothing is overwritten.',
    )
    .addOption(single('--out <PATH>', 'where; default: keys/signing.key in the data directory'))
    .option('--passphrase', 'encrypt the private key with a passphrase, asked for on the terminal')
    .addOption(
      single(
        '--passphrase-file <FILE>',
        'encrypt the private key with the passphrase in this file; - is stdin',
      ),
    );
  command.addOption(
    choice(
      '--derivation <NAME>',
      'how the encryption key is made of the passphrase: scrypt, or pbkdf2, which the openssl command reads',
      ['scrypt', 'pbkdf2'],
      'scrypt',
    ),
  );
  addDataDirOption(command)
    .addOption(choice('--format <FORMAT>', 'for people or for programs', ['text', 'json'], 'text'))
    .addHelpText(
      'after',
      `
Examples:
  danube keys generate
  danube keys generate --out release.key --passphrase
  danube keys generate --out release.key --passphrase-file pass.txt --derivation pbkdf2`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { generateKeyPair } = await import('./key-pair.ts');
  await generateKeyPair(command.opts<GenerateKeyOptions>());
  return EXIT.ok;
}
