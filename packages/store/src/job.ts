import { join } from 'node:path';
import { type Disk, ioError } from './disk.ts';
import { systemErrorCode } from './errors.ts';
import { checkJobId } from './names.ts';

/** Where the jobs of a data directory are, and what it is reached by. */
export interface Place {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly artifacts: string;
  /** Where new jobs are made ready; on the same file system, because it lies beside them. */
  readonly staging: string;
}

export interface Job extends Place {
  readonly jobId: string;
  readonly path: string;
}

/** @throws {StoreError} `ERR_STORE_JOB_ID` */
export function jobAt(place: Place, jobId: string): Job {
  checkJobId(jobId);
  return { ...place, jobId, path: join(place.artifacts, jobId) };
}

/**
 * False when nothing is there.
 *
 * @throws {StoreError} `ERR_STORE_IO` for anything else than a directory, also a symbolic link to one
 */
export async function isThere(job: Job): Promise<boolean> {
  try {
    if ((await job.disk.lstat(job.path)).isDirectory()) return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
  throw ioError(job.path, 'not a directory');
}
