import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { mandatory, single } from '../options.ts';
import { addBuilderEntryOptions, type BuilderEntryOptions } from './builder-entry.ts';
import { addKeyEntryOptions, type KeyEntryOptions } from './key-entry.ts';
import { parseTime } from './times.ts';

export interface InitOptions extends KeyEntryOptions, BuilderEntryOptions {
  readonly expires: string;
}

export function describe(command: Command): void {
  command
    .description('Begin a trust root: one key, which signs for one builder. Nothing is overwritten.')
    .argument('<FILE>', 'the document to write')
    .addOption(
      mandatory(
        single('--expires <TIME>', 'after it nothing is trusted, unless a newer one is there', parseTime),
      ),
    )
    .optionsGroup('The key:');
  addBuilderEntryOptions(addKeyEntryOptions(command).optionsGroup('The builder:')).addHelpText(
    'after',
    `
Examples:
  danube trust init trust-root.json --expires 2027-06-01T00:00:00Z --key-name release-2026 \\
      --public-key release.pub --not-after 2027-03-01T00:00:00Z --builder-id https://ci.example.com/danube --max-level 2`,
  );
}

export async function run(command: Command): Promise<ExitCode> {
  const { initTrustRoot } = await import('./editing.ts');
  initTrustRoot(command.args[0] ?? '', command.opts<InitOptions>());
  return EXIT.ok;
}
