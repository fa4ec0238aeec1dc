import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { single } from '../options.ts';
import { addDataDirOption, addKeyOptions, type KeyOptions } from '../signing-key-options.ts';

export interface SignTrustRootOptions extends KeyOptions {
  readonly append?: true;
  readonly out?: string;
}

export function describe(command: Command): void {
  command
    .description(
      'Sign a trust root with a root key, as a DSSE envelope; or add the signature of another root key.',
    )
    .argument('<FILE>', 'the document; with --append the signed trust root')
    .option('--append', 'add a signature to the signed trust root in FILE');
  addDataDirOption(addKeyOptions(command).optionsGroup('Output:'))
    .addOption(single('--out <FILE>', 'write the signed trust root there instead of stdout'))
    .addHelpText(
      'after',
      `
Keep root keys apart from the keys that sign provenance: who has one decides who is trusted.

Examples:
  danube trust sign trust-root.json --key root.key --out trust-root.signed.json
  danube trust sign --append trust-root.signed.json --key awskms:///alias/second-root --out trust-root.signed.json`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { signTrustRoot } = await import('./signing.ts');
  await signTrustRoot(command.args[0] ?? '', command.opts<SignTrustRootOptions>());
  return EXIT.ok;
}
