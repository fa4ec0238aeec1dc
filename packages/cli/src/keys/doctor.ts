import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { choice } from '../options.ts';
import { addKeyFileOptions, type KeyFileOptions } from '../signing-key-options.ts';

export interface DoctorOptions extends KeyFileOptions {
  readonly format: 'text' | 'json';
}

export function describe(command: Command): void {
  addKeyFileOptions(command)
    .description(
      'Look for what would keep a key from signing: reachable, permitted (by a dry run where the service has one), ' +
        'algorithm, exportable, version, clock, latency. Nothing is signed.',
    )
    .argument('<KEY>', 'a key URI')
    .addOption(choice('--format <FORMAT>', 'text or json', ['text', 'json'], 'text'))
    .addHelpText(
      'after',
      `
Exit codes: 0 nothing failed, 1 something would keep the key from signing, 2 and 3 the key could not be opened.

Examples:
  danube keys doctor awskms:///alias/danube
  danube keys doctor gcpkms://projects/p/locations/eu/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1 --format json`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { examineKey } = await import('./examination.ts');
  return examineKey(command.args[0] ?? '', command.opts<DoctorOptions>());
}
