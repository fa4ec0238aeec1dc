import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { choice, parseCount, single } from '../options.ts';
import { addSecretOptions, type SecretOptions } from '../secret-options.ts';
import {
  addDataDirOption,
  addDelegateOption,
  addKeyOptions,
  type DelegatingOptions,
} from '../signing-key-options.ts';
import { addTimestampOption, type TimestampOptions } from '../timestamp-option.ts';
import { FILE_FORMATS, type FileFormat } from './file-formats.ts';

export interface SignOptions extends DelegatingOptions, SecretOptions, TimestampOptions {
  readonly append?: true;
  readonly format: FileFormat;
  readonly out?: string;
  /** Signatures under way at once. */
  readonly concurrency?: number;
}

export function describe(command: Command): void {
  command
    .description('Sign statements, or add a signature by another key to an attestation.')
    .argument('[FILE...]', 'statements; with --append one attestation. Default: one statement from stdin')
    .option('--append', 'add a signature to the DSSE envelope in FILE');
  addTimestampOption(
    addDataDirOption(addDelegateOption(addKeyOptions(addSecretOptions(command)))).optionsGroup('Output:'),
  )
    .addOption(choice('--format <FORMAT>', 'of the file', FILE_FORMATS, 'dsse'))
    .addOption(single('--out <FILE>', 'write the attestation there instead of stdout'))
    .optionsGroup('Many statements (--format jsonl):')
    .addOption(single('--concurrency <COUNT>', 'signatures under way at once; default: 16', parseCount))
    .addOption(
      single('--rate <COUNT>', 'requests a second to the key, at most; default: no limit', parseCount),
    )
    .addHelpText(
      'after',
      `
dsse is a plain DSSE envelope, bundle a Sigstore bundle v0.3 (one signature), jsonl in-toto JSON Lines.

A timestamp proves when it was signed, to those whose trust root names the authority (docs/trust.md): what a key signed
before it expired or was revoked stays acceptable. Only the hash of the signature is sent.

Examples:
  danube provenance sign statement.json --key signing.key --out app.tgz.intoto.jsonl --format jsonl
  danube provenance sign statement.json --key signing.key --passphrase-file pass.txt --format bundle
  danube provenance sign statement.json --format bundle --timestamp-url https://tsa.example.com/api/v1/timestamp
  danube provenance sign statements/*.json --key awskms:///alias/danube --rate 100 --format jsonl --out all.jsonl
  danube provenance sign --append provenance.json --key second.key --out provenance.json`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { signFiles } = await import('./signing.ts');
  await signFiles(command.args, command.opts<SignOptions>());
  return EXIT.ok;
}
