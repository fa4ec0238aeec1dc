import { join } from 'node:path';
import { buildIsolationReport, type IsolationReport } from '@danube/builder';
import { readInput } from '../file.ts';
import { say, printable } from '../terminal.ts';
import type { AttestOptions } from './attest.ts';
import type { DescribedJob } from './job.ts';

/** More than the builder reads, so that it is the one that refuses. */
const POLICY_BYTES = 8 * 1024 * 1024;

/**
 * What the job record proves of the job's isolation. What it does not prove is said on stderr, when the record says who
 * vouches for it: without that it was not meant to prove anything.
 *
 * @throws CliError ERR_IO, JobError
 */
export function reportIsolation({ record, outputs }: DescribedJob, options: AttestOptions): IsolationReport {
  const path = record.environment?.isolation?.egressPolicy?.path;
  const isWanted = record.vouching !== undefined && path !== undefined;
  const file =
    options.egressPolicy ?? (isWanted ? join(options.logs ?? options.artifacts ?? '.', path) : undefined);
  const policy = file === undefined ? undefined : readInput(file, POLICY_BYTES);
  const report = buildIsolationReport(record, outputs, policy);
  const { isolation, network } = record.environment ?? {};
  if (record.vouching !== undefined && (isolation ?? network) !== undefined) {
    for (const { attribute, reason } of report.unproven) {
      say(`isolation: ${attribute} is not stated: ${printable(reason)}`);
    }
  }
  return report;
}
