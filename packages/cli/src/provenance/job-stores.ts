import { join } from 'node:path';
import { type AttestationStore, openJobDirectory } from '@danube/store';
import { usageError } from '../exit-code.ts';

/** Where the attestations of jobs are kept, each under its job. */
export interface JobStore extends AttestationStore {
  /** For people. */
  pathOf(jobId: string): string;
  /** Where a file of a job is. */
  locate(jobId: string, name: string, bytes: Uint8Array): string;
}

/** Runs work with the store of `--store`, a directory or `s3://BUCKET/PREFIX`. @throws CliError ERR_USAGE */
export async function withJobStore<Result>(
  place: string,
  work: (store: JobStore) => Promise<Result>,
): Promise<Result> {
  if (!/^[a-z][a-z0-9+.-]*:/.test(place)) return work(jobDirectory(place));
  if (!place.startsWith('s3:')) {
    throw usageError(
      `--store ${place}: expected a directory or s3://BUCKET/PREFIX`,
      'in a registry attestations lie beside their image: danube provenance push IMAGE@DIGEST',
    );
  }
  const { openBucketJobs } = await import('./stores.ts');
  const jobs = await openBucketJobs(place);
  try {
    return await work({ ...jobs, locate: (_job, _name, bytes) => jobs.locate(bytes) });
  } finally {
    jobs.close();
  }
}

function jobDirectory(dataDir: string): JobStore {
  const jobs = openJobDirectory(dataDir);
  return { ...jobs, locate: (jobId, name) => join(jobs.pathOf(jobId), name) };
}
