import { buildProvenance, collectOutputs, type JobRecord, parseJobRecord } from '@danube/builder';
import type { Statement } from 'in-toto-attestation';
import { readInput } from '../file.ts';
import { startProgress } from '../progress.ts';
import { clearSecrets } from '../secrets.ts';
import { isEvidenceName } from './evidence-files.ts';
import type { JobOptions } from './job-options.ts';

/** Larger than any job of which a statement could be written. */
const RECORD_BYTES = 64 * 1024 * 1024;

/** A job and the statement about it. */
export interface DescribedJob {
  readonly record: JobRecord;
  readonly statement: Statement;
}

/**
 * Reads the job record, hashes what it declares, builds the statement, and looks for credentials in it.
 *
 * @throws CliError ERR_IO, JobError, ArtifactError, SecretError
 */
export async function describeJob(options: JobOptions): Promise<DescribedJob> {
  const record = parseJobRecord(readInput(options.jobRecord, RECORD_BYTES));
  const progress = startProgress('hashing');
  try {
    const outputs = await collectOutputs(record, options.artifacts, {
      algorithms: options.digest,
      logsDir: options.logs,
      exclude: isEvidenceName,
      onProgress: progress.update,
    });
    const statement = buildProvenance(record, outputs, { allowFailed: options.allowFailed ?? false });
    return { record, statement: clearSecrets(statement, options) };
  } finally {
    progress.end();
  }
}
