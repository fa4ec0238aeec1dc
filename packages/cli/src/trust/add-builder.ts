import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { repeatable, single } from '../options.ts';
import {
  addBuilderEntryOptions,
  type BuilderEntryOptions,
  type CertificateEntryOptions,
} from './builder-entry.ts';

export interface AddBuilderOptions extends BuilderEntryOptions, CertificateEntryOptions {
  readonly key?: readonly string[];
}

export function describe(command: Command): void {
  command
    .description('Add a builder to a trust root: who signs for it, and what that is worth.')
    .argument('<FILE>', 'the document, unsigned');
  addBuilderEntryOptions(command)
    .optionsGroup('Who signs for it:')
    .addOption(repeatable('--key <NAME>', 'a key of the trust root'))
    .addOption(single('--sigstore <NAME>', 'an instance of Sigstore of the trust root'))
    .addOption(single('--certificate-identity <PATTERN>', 'whose certificate of that instance'))
    .addOption(single('--certificate-issuer <PATTERN>', 'who must have vouched for that identity'))
    .addHelpText(
      'after',
      `
Examples:
  danube trust add-builder trust-root.json --builder-id https://ci.example.com/other --max-level 2 \\
      --key release-2026 --source 'git+https://git.example.com/shop/*'
  danube trust add-builder trust-root.json --builder-id https://github.com/actions/runner/github-hosted --max-level 2 \\
      --sigstore public-good --certificate-issuer https://token.actions.githubusercontent.com \\
      --certificate-identity 'https://github.com/shop/app/.github/workflows/release.yml@refs/tags/*'`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { addBuilderTo } = await import('./editing.ts');
  addBuilderTo(command.args[0] ?? '', command.opts<AddBuilderOptions>());
  return EXIT.ok;
}
