import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { mandatory, parseDuration, single } from '../options.ts';
import { addKeyEntryOptions, type KeyEntryOptions } from './key-entry.ts';

export interface RotateOptions extends KeyEntryOptions {
  readonly old: string;
  readonly overlap: number;
}

export function describe(command: Command): void {
  command
    .description('Let a new key sign wherever an old one does, and the old one end after an overlap.')
    .argument('<FILE>', 'the document, unsigned')
    .addOption(mandatory(single('--old <NAME>', 'the key that ends')))
    .addOption(mandatory(single('--overlap <TIME>', 'how long both sign: 30d, 12h', parseDuration)));
  addKeyEntryOptions(command).addHelpText(
    'after',
    `
Verifiers need the new trust root before the new key signs, and the overlap is the time for that. What the old key
signed stays acceptable after it only with a timestamp (docs/trust.md).

Examples:
  danube trust rotate trust-root.json --old release-2026 --overlap 30d --key-name release-2027 \\
      --public-key release-2027.pub --not-after 2028-03-01T00:00:00Z`,
  );
}

export async function run(command: Command): Promise<ExitCode> {
  const { rotateKeyOf } = await import('./editing.ts');
  rotateKeyOf(command.args[0] ?? '', command.opts<RotateOptions>());
  return EXIT.ok;
}
