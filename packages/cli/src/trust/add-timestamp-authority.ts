import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { mandatory, single } from '../options.ts';
import { parseTime } from './times.ts';

export interface AddTimestampAuthorityOptions {
  readonly name: string;
  readonly certificateChain: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

export function describe(command: Command): void {
  command
    .description('Add a timestamp authority (RFC 3161) to a trust root: it proves when it was signed.')
    .argument('<FILE>', 'the document, unsigned')
    .addOption(mandatory(single('--name <NAME>', 'what reports call it')))
    .addOption(
      mandatory(single('--certificate-chain <FILE>', 'its certificates in PEM, the one that signs first')),
    )
    .addOption(mandatory(single('--not-before <TIME>', 'its timestamps count from then on', parseTime)))
    .addOption(mandatory(single('--not-after <TIME>', 'its timestamps count until then', parseTime)))
    .addHelpText(
      'after',
      `
Examples:
  danube trust add-timestamp-authority trust-root.json --name tsa-2026 --certificate-chain tsa.pem \\
      --not-before 2026-01-01T00:00:00Z --not-after 2031-01-01T00:00:00Z`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { addTimestampAuthorityTo } = await import('./editing-authorities.ts');
  addTimestampAuthorityTo(command.args[0] ?? '', command.opts<AddTimestampAuthorityOptions>());
  return EXIT.ok;
}
