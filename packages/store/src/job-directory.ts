import * as promises from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type AttestationFiles, type AttestationStore, STORE_LIMITS } from './attestation-store.ts';
import { type Disk, readRegularFile, tooMany } from './disk.ts';
import { fromSystemError, StoreError, systemErrorCode } from './errors.ts';
import { isThere, type Job, jobAt, type Place } from './job.ts';
import { checkFileName, FILE_NAME, JOB_ID } from './names.ts';
import { put } from './put.ts';

/** Attestations in `<data-dir>/artifacts/<job id>/`, one file each, beside whatever else a job keeps there. */
export interface JobDirectory extends AttestationStore {
  /** The directory of a job, whether it exists or not. @throws {StoreError} `ERR_STORE_JOB_ID` */
  pathOf(jobId: string): string;
}

/** Nothing is read or created before the first call. */
export function openJobDirectory(dataDir: string): JobDirectory {
  return createJobDirectory(dataDir, promises);
}

export function createJobDirectory(dataDir: string, disk: Disk): JobDirectory {
  const root = resolve(dataDir);
  const artifacts = join(root, 'artifacts');
  const place: Place = { disk, dataDir: root, artifacts, staging: join(artifacts, '.staging') };
  return {
    pathOf: (jobId) => jobAt(place, jobId).path,
    put: async (jobId, files) => put(jobAt(place, jobId), files),
    read: async (jobId, names) => read(jobAt(place, jobId), names),
    list: async () => list(place),
  };
}

async function read(job: Job, only: readonly string[] | undefined): Promise<AttestationFiles> {
  for (const name of only ?? []) checkFileName(name);
  const found = await attestationNames(job);
  const names = only === undefined ? found : only.filter((name) => found.includes(name));
  if (names.length > STORE_LIMITS.files) throw tooMany(job.path);
  const files = new Map<string, Uint8Array>();
  for (const name of names) {
    const bytes = await readRegularFile(job.disk, join(job.path, name), { maxBytes: STORE_LIMITS.fileBytes });
    if (bytes !== undefined) files.set(name, bytes);
  }
  return files;
}

async function attestationNames(job: Job): Promise<string[]> {
  try {
    if (await isThere(job)) {
      const entries = await job.disk.readdir(job.path, { withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && FILE_NAME.test(entry.name));
      return files.map(({ name }) => name).sort();
    }
  } catch (error) {
    throw fromSystemError(error, job.path);
  }
  throw new StoreError('ERR_STORE_NOT_FOUND', `no job ${job.jobId} in ${JSON.stringify(job.artifacts)}`, {
    path: job.path,
  });
}

async function list(place: Place): Promise<readonly string[]> {
  try {
    const entries = await place.disk.readdir(place.artifacts, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && JOB_ID.test(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw fromSystemError(error, place.artifacts);
  }
}
