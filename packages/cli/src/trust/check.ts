import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { parseCount, repeatable, single } from '../options.ts';

export interface CheckTrustRootOptions {
  readonly trustRootKey?: readonly string[];
  readonly trustRootThreshold?: number;
  readonly trustState?: string;
}

export function describe(command: Command): void {
  command
    .description(
      'Look for what is wrong with a trust root, or soon will be; and whether root keys signed it.',
    )
    .argument('<FILE>', 'a trust root, signed or not')
    .addOption(repeatable('--trust-root-key <FILE>', 'a root key that may have signed it'))
    .addOption(
      single('--trust-root-threshold <N>', 'how many root keys must have signed it (default: 1)', parseCount),
    )
    .addOption(single('--trust-state <FILE>', 'what was trusted before; it is only read'))
    .addHelpText(
      'after',
      `
Exit codes: 0 verifiers would trust it (read the warnings), 1 they would not, 2 it is no trust root, 3 a file could not
be read.

Examples:
  danube trust check trust-root.json
  danube trust check trust-root.signed.json --trust-root-key root.pub`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { checkTrustRoot } = await import('./checking.ts');
  return checkTrustRoot(command.args[0] ?? '', command.opts<CheckTrustRootOptions>());
}
