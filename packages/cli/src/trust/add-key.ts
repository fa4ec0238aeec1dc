import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { repeatable } from '../options.ts';
import { addKeyEntryOptions, type KeyEntryOptions } from './key-entry.ts';

export interface AddKeyOptions extends KeyEntryOptions {
  readonly for?: readonly string[];
}

export function describe(command: Command): void {
  command
    .description('Add a key to a trust root, and to builders and verifiers that it signs for.')
    .argument('<FILE>', 'the document, unsigned');
  addKeyEntryOptions(command)
    .addOption(repeatable('--for <ID>', 'a builder or verifier of the trust root that it signs for'))
    .addHelpText(
      'after',
      `
Examples:
  danube trust add-key trust-root.json --key-name auditor --public-key auditor.pub --not-after 2027-03-01T00:00:00Z
  danube trust add-key trust-root.json --key-name release-b --public-key b.pub --not-after 2027-03-01T00:00:00Z \\
      --for https://ci.example.com/danube`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { addKeyTo } = await import('./editing.ts');
  addKeyTo(command.args[0] ?? '', command.opts<AddKeyOptions>());
  return EXIT.ok;
}
