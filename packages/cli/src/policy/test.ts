import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { choice } from '../options.ts';

export function describe(command: Command): void {
  command
    .description('Try policies on provenance: verdicts and failing checks have to be the expected ones.')
    .argument('<DIR>', 'holds policy-test.yaml and what it names')
    .addOption(choice('--format <FORMAT>', 'for people or for programs', ['text', 'json'], 'text'))
    .addHelpText(
      'after',
      `
policy-test.yaml says which policies, whose signatures count, and for each case the artifact, its provenance and what must
come out (docs/policy.md). Rules that no case ever rejects by are listed: they may as well not be there.

Exit codes: 0 every case comes out as expected, 1 one does not, 2 a document is none, 3 a file could not be read.

Examples:
  danube policy test policies/shop`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { testPolicies } = await import('./testing.ts');
  const [folder = ''] = command.args;
  return testPolicies(folder, command.opts<{ format: 'text' | 'json' }>().format);
}
