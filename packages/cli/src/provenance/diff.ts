import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { choice } from '../options.ts';

export interface DiffOptions {
  readonly format: 'text' | 'json';
}

export function describe(command: Command): void {
  command
    .description(
      'Tell what differs between two builds, by meaning. NOTHING IS VERIFIED: anyone can write such a file.',
    )
    .argument('<A>', 'provenance of one build: an envelope, a Sigstore bundle, JSON Lines')
    .argument('<B>', 'provenance of the other')
    .addOption(choice('--format <FORMAT>', 'for people or for programs', ['text', 'json'], 'text'))
    .addHelpText(
      'after',
      `
Compared are builder, source, external parameters, dependencies, environment and outputs; what differs between any two
runs (invocation, times) is told and does not count. The last line says whether the build was reproduced: whether the same
inputs gave the same outputs.

Exit codes: 0 nothing differs but the run, 1 something does, or a file is malformed, 3 a file could not be read.

Examples:
  danube provenance diff app-1.2.0.tgz.intoto.jsonl app-1.3.0.tgz.intoto.jsonl
  danube provenance diff first/provenance.json again/provenance.json --format json`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { diffFiles } = await import('./diffing.ts');
  const [a = '', b = ''] = command.args;
  return diffFiles(a, b, command.opts<DiffOptions>().format);
}
