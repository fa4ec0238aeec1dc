import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { mandatory, single } from '../options.ts';

export interface AddSigstoreOptions {
  readonly name: string;
  readonly trustedRoot: string;
}

export function describe(command: Command): void {
  command
    .description('Add an instance of Sigstore to a trust root, for builders that sign with its certificates.')
    .argument('<FILE>', 'the document, unsigned')
    .addOption(mandatory(single('--name <NAME>', 'what builders of the trust root call it')))
    .addOption(mandatory(single('--trusted-root <FILE>', 'its trusted_root.json')))
    .addHelpText(
      'after',
      `
Examples:
  danube trust add-sigstore trust-root.json --name public-good --trusted-root trusted_root.json`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { addSigstoreTo } = await import('./editing-authorities.ts');
  addSigstoreTo(command.args[0] ?? '', command.opts<AddSigstoreOptions>());
  return EXIT.ok;
}
