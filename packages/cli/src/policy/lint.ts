import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { choice } from '../options.ts';

export interface LintOptions {
  readonly format: 'text' | 'json';
  readonly strict?: true;
}

export function describe(command: Command): void {
  command
    .description('Look for mistakes in policies, and for what they leave open.')
    .argument('<POLICY...>', 'policies, YAML or JSON; - is stdin')
    .option('--strict', 'what is left open fails, instead of warning')
    .addOption(choice('--format <FORMAT>', 'for people or for programs', ['text', 'json'], 'text'))
    .addHelpText(
      'after',
      `
Exit codes: 0 every policy is good, 1 one is none, or leaves something open with --strict, 3 a file could not be read.

Examples:
  danube policy lint policy.yaml
  danube policy lint policies/*.yaml --strict --format json`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { lintPolicies } = await import('./linting.ts');
  return lintPolicies(command.args, command.opts<LintOptions>());
}
