import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { choice } from '../options.ts';

export function describe(command: Command): void {
  command
    .description('Say in words what a policy demands, and by which check each demand is reported.')
    .argument('<POLICY>', 'a policy, YAML or JSON; - is stdin')
    .addOption(choice('--format <FORMAT>', 'for people or for programs', ['text', 'json'], 'text'))
    .addHelpText(
      'after',
      `
Exit codes: 0 the policy is explained, 2 it is none, 3 it could not be read.

Examples:
  danube policy explain policy.yaml`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { explainFile } = await import('./explaining.ts');
  const [path = ''] = command.args;
  return explainFile(path, command.opts<{ format: 'text' | 'json' }>().format);
}
