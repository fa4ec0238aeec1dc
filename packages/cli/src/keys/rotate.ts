import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { choice, single } from '../options.ts';
import { addKeyFileOptions, type KeyFileOptions } from '../signing-key-options.ts';

export interface RotateOptions extends KeyFileOptions {
  readonly out?: string;
  readonly format: 'text' | 'json';
}

export function describe(command: Command): void {
  addKeyFileOptions(command)
    .description(
      'Make a new version of a key in a key service, and say what verifiers must trust from now on.',
    )
    .argument('<KEY>', 'a key URI')
    .addOption(single('--out <FILE>', 'write the new public key there (PEM)'))
    .addOption(choice('--format <FORMAT>', 'text or json', ['text', 'json'], 'text'))
    .addHelpText(
      'after',
      `
The old version is kept: what it signed stays verifiable, and it signs until the key URI names the new one. AWS KMS has no
versions of signing keys: a new key takes the alias over, at once.

Examples:
  danube keys rotate gcpkms://projects/p/locations/eu/keyRings/r/cryptoKeys/k --out danube-2.pub`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { rotateKey } = await import('./rotation.ts');
  await rotateKey(command.args[0] ?? '', command.opts<RotateOptions>());
  return EXIT.ok;
}
