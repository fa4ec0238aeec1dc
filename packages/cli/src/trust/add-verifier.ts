import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { mandatory, parseCount, repeatable, single } from '../options.ts';

export interface AddVerifierOptions {
  readonly verifierId: string;
  readonly key: readonly string[];
  readonly threshold?: number;
}

export function describe(command: Command): void {
  command
    .description('Add a verifier to a trust root: its verification summaries (VSA) are believed.')
    .argument('<FILE>', 'the document, unsigned')
    .addOption(mandatory(single('--verifier-id <URI>', 'verifier.id, compared exactly')))
    .addOption(mandatory(repeatable('--key <NAME>', 'a key of the trust root that signs for it')))
    .addOption(single('--threshold <N>', 'how many different keys must sign (default: 1)', parseCount))
    .addHelpText(
      'after',
      `
Examples:
  danube trust add-verifier trust-root.json --verifier-id https://verify.example.com --key auditor`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { addVerifierTo } = await import('./editing.ts');
  addVerifierTo(command.args[0] ?? '', command.opts<AddVerifierOptions>());
  return EXIT.ok;
}
