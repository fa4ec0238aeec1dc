import { buildProvenance, collectOutputs, type JobOutputs, type JobRecord } from '@danube/builder';
import type { Statement } from 'in-toto-attestation';
import { startProgress } from '../progress.ts';
import { clearSecrets } from '../secrets.ts';
import { isEvidenceName } from './evidence-files.ts';
import type { JobOptions } from './job-options.ts';
import { checkSize, readLockFiles } from './dependencies.ts';
import { mayRun, readJob } from './job-source.ts';

/** A job and the statement about it. */
export interface DescribedJob {
  readonly record: JobRecord;
  readonly outputs: JobOutputs;
  readonly statement: Statement;
}

/**
 * Reads what is known of the job, hashes what it declares, builds the statement, and looks for credentials in it.
 *
 * @throws CliError ERR_IO, JobError, ArtifactError, SecretError
 */
export async function describeJob(options: JobOptions): Promise<DescribedJob> {
  const record = readJob(options);
  const dependencies = readLockFiles(options.lockFile ?? []);
  const progress = startProgress('hashing');
  try {
    const collected = await collectOutputs(record, options.artifacts ?? '.', {
      algorithms: options.digest,
      logsDir: options.logs,
      exclude: isEvidenceName,
      onProgress: progress.update,
    });
    const outputs = { ...collected, dependencies };
    const statement = buildProvenance(record, outputs, {
      allowFailed: options.allowFailed ?? false,
      allowRunning: mayRun(options),
    });
    return { record, outputs, statement: clearSecrets(checkSize(statement), options) };
  } finally {
    progress.end();
  }
}
