import type { HashAlgorithm } from '@danube/artifact';
import type { Platform } from '@danube/builder';
import { type Command, InvalidArgumentError, type Option } from 'commander';
import { choice, repeatable, single } from '../options.ts';
import { addSecretOptions, type SecretOptions } from '../secret-options.ts';

/** What `generate` and `attest` are told about a job. */
export interface JobOptions extends SecretOptions {
  readonly jobRecord?: string;
  readonly from?: Platform;
  readonly event?: string;
  readonly builderId?: string;
  readonly jobId?: string;
  readonly artifacts?: string;
  readonly logs?: string;
  readonly lockFile?: readonly string[];
  readonly digest?: readonly HashAlgorithm[];
  readonly allowFailed?: true;
}

export function addJobOptions(command: Command): Command {
  return addSecretOptions(addDependencyOptions(addRecordOptions(command)));
}

export function addDependencyOptions(command: Command): Command {
  return command
    .optionsGroup('Dependencies:')
    .addOption(repeatable('--lock-file <FILE>', 'what it pins becomes resolved dependencies'));
}

export function jobStoreOption(): Option {
  return single(
    '--store <PLACE>',
    'keep the job there, not in DATA-DIR: a data directory or s3://BUCKET/PREFIX',
  );
}

function addRecordOptions(command: Command): Command {
  return command
    .optionsGroup('The job:')
    .addOption(single('--job-record <FILE>', 'what the job did, as JSON; - is stdin'))
    .addOption(choice('--from <PLATFORM>', 'instead: what this CI platform says of the job', PLATFORMS))
    .addOption(single('--event <FILE>', 'with --from: its API object or event; - is stdin'))
    .addOption(single('--builder-id <URI>', 'with --from: your name for the deployment of the platform'))
    .addOption(single('--job-id <ID>', 'with --from: another id than the one that the platform has'))
    .addOption(single('--artifacts <DIR>', 'the folder that holds what the job made'))
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

/** As `PLATFORMS` of @danube/builder, which is not loaded to show help. */
export const PLATFORMS: readonly Platform[] = [
  'github-actions',
  'gitlab-ci',
  'jenkins',
  'buildkite',
  'circleci',
  'azure-pipelines',
  'tekton',
  'danube',
];

export const JOB_HELP = `
With --from, the environment of this process describes the job, and all of it is said to be the tenant's; with --event
as well, what the platform told the control plane does. The mode becomes a part of the builder id, and all files in
--artifacts are artifacts. docs/ci has a page for each platform.

Files named as attestations are (provenance.json, isolation.json, *.intoto.jsonl, *.sigstore.json) are no artifacts,
even where a pattern of the job record matches them: they may be left from an earlier run.`;
