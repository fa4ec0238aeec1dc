import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { choice } from '../options.ts';

export interface InspectOptions {
  readonly format: 'text' | 'json';
}

export function describe(command: Command): void {
  command
    .description('Show what attestation files say. NOTHING IS VERIFIED: anyone can write such a file.')
    .argument('<FILE...>', 'DSSE envelopes, Sigstore bundles or JSON Lines; - is stdin')
    .addOption(choice('--format <FORMAT>', 'for people or for programs', ['text', 'json'], 'text'))
    .addHelpText(
      'after',
      `
Exit codes: 0 every file could be read as what it is, 1 a file or a part of it is malformed, 3 a file could not be read.

Examples:
  danube provenance inspect provenance.json
  danube provenance inspect --format json app.tgz.sigstore.json`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { inspectFiles } = await import('./inspection.ts');
  return inspectFiles(command.args, command.opts<InspectOptions>().format);
}
