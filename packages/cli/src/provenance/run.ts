import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Platform } from '@danube/builder';
import { choice, repeatable, single } from '../options.ts';
import { addSecretOptions, type SecretOptions } from '../secret-options.ts';
import { addDataDirOption, addKeyOptions, type KeyOptions } from '../signing-key-options.ts';
import { addTimestampOption, type TimestampOptions } from '../timestamp-option.ts';
import { FILE_FORMATS, type FileFormat } from './file-formats.ts';
import { addDependencyOptions, jobStoreOption, PLATFORMS } from './job-options.ts';

export interface RunOptions extends KeyOptions, SecretOptions, TimestampOptions {
  readonly artifacts?: readonly string[];
  readonly input?: readonly string[];
  readonly tool?: readonly string[];
  readonly lockFile?: readonly string[];
  readonly from?: Platform;
  readonly builderId?: string;
  readonly jobId?: string;
  readonly requireClean?: true;
  readonly hermetic?: true;
  readonly trace?: true;
  readonly logs?: string;
  readonly allowFailed?: true;
  readonly attestation?: readonly string[];
  readonly store?: string;
  readonly out?: string;
  readonly format: FileFormat;
}

export function describe(command: Command): void {
  command
    .description('Run a command, see what goes in and what comes out, and attest it.')
    .usage('[options] [--artifacts GLOB...] -- COMMAND...')
    .argument('<COMMAND...>', 'the command and its arguments, behind --')
    .optionsGroup('What is recorded:')
    .addOption(
      globs('--artifacts <GLOB...>', 'what the command makes; default: files that are new or changed'),
    )
    .addOption(globs('--input <GLOB...>', 'files that go in, by their digests before the command runs'))
    .addOption(repeatable('--tool <NAME>', 'record the version of this program as well (NAME --version)'))
    .option('--require-clean', 'refuse a Git tree with changes or files that are not committed')
    .addOption(single('--logs <DIR>', 'keep the output of the command there, as run.log'))
    .option('--trace', 'record every file that the command reads (strace)')
    .optionsGroup('How it runs:')
    .option('--hermetic', 'without network (a network namespace of its own)')
    .option('--allow-failed', 'also write provenance when the command fails')
    .optionsGroup('Where it runs:')
    .addOption(choice('--from <PLATFORM>', 'in a job of this CI platform, which describes it', PLATFORMS))
    .addOption(single('--builder-id <URI>', 'your name for what runs the command'))
    .addOption(single('--job-id <ID>', 'id under which the provenance is stored'));
  addSecretOptions(addDependencyOptions(command))
    .optionsGroup('More about the job:')
    .addOption(repeatable('--attestation <FILE>', 'store this with it, as `provenance attest` does'));
  addTimestampOption(addDataDirOption(addKeyOptions(command).optionsGroup('Output:')))
    .addOption(jobStoreOption())
    .addOption(
      single(
        '--out <FILE>',
        'write the attestation there; stored as well only with --store or a data directory',
      ),
    )
    .addOption(choice('--format <FORMAT>', 'of --out', FILE_FORMATS, 'dsse'))
    .addHelpText(
      'after',
      `
The command has this terminal, this input and these signals, and its exit code is the exit code: when it fails there is no
provenance. What it writes goes to where it would, and into the log, whose digest is recorded; secrets in it stop the
provenance as well. Everything is said to be the tenant's: the command could have changed this program, too.

Examples:
  danube provenance run --artifacts 'dist/**' --key signing.key --out app.intoto.jsonl --format jsonl -- make dist
  danube provenance run --lock-file package-lock.json --require-clean -- npm run build
  danube provenance run --artifacts 'dist/**' --key signing.key --store s3://attestations/shop -- make dist
  danube provenance run --hermetic --trace --input 'src/**' --artifacts app -- go build -o app ./...`,
    );
}

/** Several patterns behind one option, and the option several times. */
function globs(flags: string, description: string): Option {
  const values: string[] = [];
  return new Option(flags, description).argParser((value: string) => {
    if (value === '') throw new InvalidArgumentError('It is empty; was a variable not set?');
    values.push(value);
    return values;
  });
}

export async function run(command: Command): Promise<number> {
  const { runAndAttest } = await import('../running/index.ts');
  return runAndAttest(command.args, command.opts<RunOptions>());
}
