import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { mandatory, repeatable, single } from '../options.ts';
import { addTrustRootOptions, type TrustRootOptions } from '../provenance/trust-root-options.ts';

export interface InitOptions extends TrustRootOptions {
  readonly from: string;
  readonly name: string;
  readonly output: string;
  readonly publicKey?: readonly string[];
}

export function describe(command: Command): void {
  command
    .description('Write a tight policy from provenance that is known to be good.')
    .addOption(
      mandatory(single('--from <FILE>', 'the provenance: an envelope, a Sigstore bundle, JSON Lines')),
    )
    .addOption(mandatory(single('--name <NAME>', 'what the policy is called')))
    .addOption(single('--output <FILE>', 'default: standard output').default('-'))
    .optionsGroup('Who must have signed it:')
    .addOption(repeatable('--public-key <FILE>', 'a key you trust; at least one, or a trust root'));
  addTrustRootOptions(command).addHelpText(
    'after',
    `
The provenance is verified first. The policy then demands the same builder (with --build-level, at that level), build
type, repository, branch or kind of tag, trigger and parameters, and dependencies from the same places; versions in names
and commits are left open. Read it: what happened to be so in one build need not be so in every one.

Exit codes: 0 the policy is written, 1 the provenance is rejected, 2 wrong use, 3 a file could not be read or written.

Examples:
  danube policy init --from provenance.json --name shop --public-key danube.pub > policy.yaml
  danube policy init --from provenance.json --name shop --output policy.yaml \\
      --trust-root trust-root.json --trust-root-key root.pub --build-level 2`,
  );
}

export async function run(command: Command): Promise<ExitCode> {
  const { initPolicy } = await import('./initializing.ts');
  return initPolicy(command.opts<InitOptions>());
}
