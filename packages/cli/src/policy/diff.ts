import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { choice, mandatory, repeatable, single } from '../options.ts';
import { addTrustRootOptions } from '../provenance/trust-root-options.ts';
import type { TrustOptions } from './judging.ts';

export interface DiffOptions extends TrustOptions {
  readonly over: string;
  readonly format: 'text' | 'json';
}

export function describe(command: Command): void {
  command
    .description('Tell which artifacts would change their verdict if another policy came into force.')
    .argument('<OLD>', 'the policy that is in force')
    .argument('<NEW>', 'the policy that would take its place')
    .addOption(mandatory(single('--over <DIR>', "Danube's data directory, or the folder of one job")))
    .addOption(choice('--format <FORMAT>', 'for people or for programs', ['text', 'json'], 'text'))
    .optionsGroup('Who must have signed:')
    .addOption(repeatable('--public-key <FILE>', 'a key you trust; at least one, or a trust root'));
  addTrustRootOptions(command).addHelpText(
    'after',
    `
Every subject of the provenance in the directory is judged by both policies, by the digest that its provenance has.

Exit codes: 0 no verdict changes, 1 one does, 2 wrong use, 3 a file could not be read.

Examples:
  danube policy diff policy.yaml next.yaml --over /var/lib/danube --public-key danube.pub`,
  );
}

export async function run(command: Command): Promise<ExitCode> {
  const { diffPolicies } = await import('./comparing.ts');
  const [before = '', after = ''] = command.args;
  return diffPolicies(before, after, command.opts<DiffOptions>());
}
