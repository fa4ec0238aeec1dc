import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { mandatory, single } from '../options.ts';
import { parseTime } from './times.ts';

export interface RevokeOptions {
  readonly keyName: string;
  readonly since?: string;
  readonly reason: string;
}

export function describe(command: Command): void {
  command
    .description('Take the trust from everything that a key signed since a moment. It is never taken back.')
    .argument('<FILE>', 'the document, unsigned')
    .addOption(mandatory(single('--key-name <NAME>', 'the key')))
    .addOption(
      single('--since <TIME>', 'the first moment at which others may have had it; default: now', parseTime),
    )
    .addOption(mandatory(single('--reason <TEXT>', 'why, for those who read a report')))
    .addHelpText(
      'after',
      `
Examples:
  danube trust revoke trust-root.json --key-name release-2026 --since 2026-05-01T00:00:00Z --reason 'found in a log'`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { revokeKeyOf } = await import('./editing.ts');
  revokeKeyOf(command.args[0] ?? '', command.opts<RevokeOptions>());
  return EXIT.ok;
}
