import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { choice, single } from '../options.ts';
import { addDataDirOption, addKeyOptions, type KeyOptions } from '../signing-key-options.ts';
import { FILE_FORMATS, type FileFormat } from './file-formats.ts';

export interface SignOptions extends KeyOptions {
  readonly append?: true;
  readonly format: FileFormat;
  readonly out?: string;
}

export function describe(command: Command): void {
  command
    .description('Sign a statement, or add a signature by another key to an attestation.')
    .argument('[FILE]', 'the statement; with --append the attestation. Default: stdin')
    .option('--append', 'add a signature to the DSSE envelope in FILE');
  addDataDirOption(addKeyOptions(command))
    .optionsGroup('Output:')
    .addOption(choice('--format <FORMAT>', 'of the file', FILE_FORMATS, 'dsse'))
    .addOption(single('--out <FILE>', 'write the attestation there instead of stdout'))
    .addHelpText(
      'after',
      `
dsse is a plain DSSE envelope, bundle a Sigstore bundle v0.3 (one signature), jsonl in-toto JSON Lines.

Examples:
  danube provenance sign statement.json --key signing.key --out app.tgz.intoto.jsonl --format jsonl
  danube provenance sign statement.json --key signing.key --passphrase-file pass.txt --format bundle
  danube provenance sign --append provenance.json --key second.key --out provenance.json`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { signFile } = await import('./signing.ts');
  await signFile(command.args[0], command.opts<SignOptions>());
  return EXIT.ok;
}
