import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { choice, repeatable, single } from '../options.ts';
import { addDataDirOption, addKeyOptions, type KeyOptions } from '../signing-key-options.ts';
import { addTimestampOption, type TimestampOptions } from '../timestamp-option.ts';
import { FILE_FORMATS, type FileFormat } from './file-formats.ts';
import { addJobOptions, JOB_HELP, type JobOptions, jobStoreOption } from './job-options.ts';

export interface AttestOptions extends JobOptions, KeyOptions, TimestampOptions {
  readonly egressPolicy?: string;
  readonly attestation?: readonly string[];
  readonly store?: string;
  readonly json?: true;
  readonly out?: string;
  readonly format: FileFormat;
}

export function describe(command: Command): void {
  command.description(
    'Build the provenance of a job, sign it, and store it: what a CI calls when a job ends.',
  );
  addJobOptions(command)
    .optionsGroup('More about the job:')
    .addOption(
      single(
        '--egress-policy <FILE>',
        'the network policy that the record names, when it is not below --logs',
      ),
    )
    .addOption(
      repeatable(
        '--attestation <FILE>',
        'store this with it: a statement to be signed, or signed attestations',
      ),
    );
  addDataDirOption(addTimestampOption(addKeyOptions(command).optionsGroup('Output:')))
    .addOption(jobStoreOption())
    .option('--json', 'print what is stored and what is proven of the isolation, as JSON')
    .addOption(single('--out <FILE>', 'write the attestation there as well'))
    .addOption(choice('--format <FORMAT>', 'of --out', FILE_FORMATS, 'dsse'))
    .addHelpText(
      'after',
      `
The attestation is DATA-DIR/artifacts/JOB-ID/provenance.json, and its path is printed. It is there whole or not at all,
whatever happens. The same facts again change nothing; other facts about the same job are an error (exit code 2).
With it come isolation.json, when the record proves how the job was kept apart, and each --attestation under its own
name: all of them or none. With --timestamp-url so does provenance.sigstore.json, the same signature of the provenance
with its timestamp (docs/trust.md).

With --store s3://BUCKET/PREFIX the same holds for jobs in a bucket: all of a job's attestations or none, the same facts
again change nothing, other facts are an error, whichever machine they come from. verify --store finds them there by
digest, and with --job ID by the job.
${JOB_HELP}

Examples:
  danube provenance attest --job-record job.json --artifacts dist/
  danube provenance attest --job-record job.json --artifacts dist/ --key signing.key --data-dir /srv/danube
  danube provenance attest --job-record job.json --artifacts dist/ --attestation app.spdx.json --json
  danube provenance attest --job-record job.json --artifacts dist/ --format bundle --out dist/app.tgz.sigstore.json
  danube provenance attest --job-record job.json --artifacts dist/ --key signing.key --store s3://attestations/shop
  danube provenance attest --from github-actions --artifacts dist/ --key signing.key --data-dir data
  danube provenance attest --from tekton --event taskrun.json --builder-id https://tekton.example.com/prod`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { attestJob } = await import('./attesting.ts');
  await attestJob(command.opts<AttestOptions>());
  return EXIT.ok;
}
