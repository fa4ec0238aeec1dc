import { join } from 'node:path';
import { type AttestationStore, openJobDirectory } from '@danube/store';
import type { EvidenceFile } from '@danube/verifier';
import { usageError } from '../exit-code.ts';
import { isEvidenceName } from './evidence-files.ts';
import { isElsewhere } from './job-folder.ts';

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
  if (!isElsewhere(place)) return work(jobDirectory(place));
  if (!place.startsWith('s3:')) {
    throw usageError(
      `--store ${place}: expected a directory or s3://BUCKET/PREFIX`,
      'a registry keeps no jobs: write --out FILE, and put it beside its image by danube provenance push IMAGE@DIGEST',
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

/**
 * The attestations of a job in a bucket: those whose names are evidence in the folder of a job, too.
 *
 * @throws CliError ERR_USAGE for what keeps no jobs; StoreError, SignError for what it does
 */
export async function readStoredJob(place: string, jobId: string): Promise<readonly EvidenceFile[]> {
  return withJobStore(place, async (store) => {
    const files = [...(await store.read(jobId))].filter(([name]) => isEvidenceName(name));
    return files.map(([name, bytes]) => ({ path: store.locate(jobId, name, bytes), bytes }));
  });
}

function jobDirectory(dataDir: string): JobStore {
  const jobs = openJobDirectory(dataDir);
  return { ...jobs, locate: (jobId, name) => join(jobs.pathOf(jobId), name) };
}
