import type { HashAlgorithm } from '@danube/artifact';
import { type Command, InvalidArgumentError } from 'commander';
import { mandatory, repeatable, single } from '../options.ts';
import { addSecretOptions, type SecretOptions } from '../secret-options.ts';

/** What `generate` and `attest` are told about a job. */
export interface JobOptions extends SecretOptions {
  readonly jobRecord: string;
  readonly artifacts: string;
  readonly logs?: string;
  readonly digest?: readonly HashAlgorithm[];
  readonly allowFailed?: true;
}

export function addJobOptions(command: Command): Command {
  return addSecretOptions(addRecordOptions(command));
}

function addRecordOptions(command: Command): Command {
  return command
    .optionsGroup('The job:')
    .addOption(mandatory(single('--job-record <FILE>', 'what the job did, as JSON; - is stdin')))
    .addOption(mandatory(single('--artifacts <DIR>', 'the folder that holds what the job made')))
    .addOption(single('--logs <DIR>', 'the folder of the logs that the record names; default: --artifacts'))
    .addOption(
      repeatable(
        '--digest <ALGORITHM>',
        'hash artifacts by sha384 or sha512, besides sha256',
        parseAlgorithm,
      ),
    )
    .option('--allow-failed', 'also write provenance of a job that did not succeed');
}

function parseAlgorithm(text: string): HashAlgorithm {
  if (text === 'sha256' || text === 'sha384' || text === 'sha512') return text;
  throw new InvalidArgumentError('Allowed choices are sha256, sha384, sha512.');
}

export const JOB_HELP = `
Files named as attestations are (provenance.json, *.intoto.jsonl, *.sigstore.json) are no artifacts, even where a
pattern of the job record matches them: they may be left from an earlier run.`;
