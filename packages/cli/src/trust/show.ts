import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { choice } from '../options.ts';

export interface ShowTrustRootOptions {
  readonly format: 'text' | 'json';
}

export function describe(command: Command): void {
  command
    .description(
      'Show what a trust root says. Its signatures are not verified: danube trust check does that.',
    )
    .argument('<FILE>', 'a trust root, signed or not; - is stdin')
    .addOption(choice('--format <FORMAT>', 'for people, or the document itself', ['text', 'json'], 'text'))
    .addHelpText(
      'after',
      `
Examples:
  danube trust show trust-root.signed.json
  danube trust show trust-root.signed.json --format json > trust-root.json`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { showTrustRoot } = await import('./listing.ts');
  showTrustRoot(command.args[0] ?? '', command.opts<ShowTrustRootOptions>());
  return EXIT.ok;
}
