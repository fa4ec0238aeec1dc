import * as promises from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type AttestationFiles, type AttestationStore, STORE_LIMITS } from './attestation-store.ts';
import { noted } from './directory/change-log.ts';
import { readDecided } from './decided.ts';
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
    put: async (jobId, files) => {
      const job = jobAt(place, jobId);
      return noted(disk, artifacts, jobId, async () => put(job, files));
    },
    read: async (jobId, names) => read(jobAt(place, jobId), names),
    list: async () => list(place),
  };
}

async function read(job: Job, only: readonly string[] | undefined): Promise<AttestationFiles> {
  for (const name of only ?? []) checkFileName(name);
  const { names: found, decided } = await look(job);
  const names = only === undefined ? found : only.filter((name) => found.includes(name));
  if (names.length > STORE_LIMITS.files) throw tooMany(job.path);
  const files = new Map<string, Uint8Array>();
  for (const name of names) {
    const path = join(job.path, name);
    const bytes = await readRegularFile(job.disk, path, { maxBytes: STORE_LIMITS.fileBytes });
    const held = bytes ?? decided.get(name);
    if (held !== undefined) files.set(name, held);
  }
  return files;
}

interface Held {
  readonly names: readonly string[];
  /** Files that may not have their names yet. */
  readonly decided: AttestationFiles;
}

/**
 * What a job holds. Names appear one after the other, so one look at them may come in the middle; the same names before
 * and after the look at what is decided say that it did not.
 */
async function look(job: Job): Promise<Held> {
  try {
    if (await isThere(job)) {
      for (let before = await attestationNames(job); ;) {
        const decided = (await readDecided(job))?.files ?? new Map<string, Uint8Array>();
        const after = await attestationNames(job);
        if (before.join('/') === after.join('/')) {
          return { names: [...new Set([...after, ...decided.keys()])].sort(), decided };
        }
        before = after;
      }
    }
  } catch (error) {
    throw fromSystemError(error, job.path);
  }
  throw new StoreError('ERR_STORE_NOT_FOUND', `no job ${job.jobId} in ${JSON.stringify(job.artifacts)}`, {
    path: job.path,
  });
}

async function attestationNames(job: Job): Promise<string[]> {
  const entries = await job.disk.readdir(job.path, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && FILE_NAME.test(entry.name));
  return files.map(({ name }) => name).sort();
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
