import * as promises from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  STORE_LIMITS,
  type AttestationFiles,
  type AttestationStore,
  type PutResult,
} from './attestation-store.ts';
import {
  ensureDirectory,
  ioError,
  readRegularFile,
  syncDirectory,
  tooLarge,
  writeNewFile,
  type Disk,
} from './disk.ts';
import { fromSystemError, StoreError, systemErrorCode } from './errors.ts';
import { checkFileName, checkJobId, FILE_NAME, JOB_ID } from './names.ts';
import { removeStale, removeTemporary, temporaryName } from './temporary.ts';

/** Attestations in `<data-dir>/artifacts/<job id>/`, one file each, beside whatever else a job keeps there. */
export interface JobDirectory extends AttestationStore {
  /** The directory of a job, whether it exists or not. @throws StoreError ERR_STORE_JOB_ID */
  pathOf(jobId: string): string;
}

interface Place {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly artifacts: string;
  readonly staging: string;
}

interface Job extends Place {
  readonly jobId: string;
  readonly path: string;
}

/** How often a put starts again when someone takes its temporary files away. */
const ATTEMPTS = 8;

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
    read: async (jobId) => read(jobAt(place, jobId)),
    list: async () => list(place),
  };
}

function jobAt(place: Place, jobId: string): Job {
  checkJobId(jobId);
  return { ...place, jobId, path: join(place.artifacts, jobId) };
}

async function put(job: Job, files: AttestationFiles): Promise<PutResult> {
  checkFiles(job, files);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await putOnce(job, files);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT' || attempt === ATTEMPTS) throw fromSystemError(error, job.path);
    }
  }
}

function checkFiles(job: Job, files: AttestationFiles): void {
  if (files.size === 0) throw new TypeError('no files to put');
  if (files.size > STORE_LIMITS.files) {
    throw new StoreError('ERR_STORE_LIMIT', `more than ${STORE_LIMITS.files} files in one job`);
  }
  for (const [name, bytes] of files) {
    checkFileName(name);
    if (bytes.length > STORE_LIMITS.fileBytes) throw tooLarge(join(job.path, name), STORE_LIMITS.fileBytes);
  }
}

async function putOnce(job: Job, files: AttestationFiles): Promise<PutResult> {
  await ensureDirectory(job.disk, job.staging);
  await removeStale(job.disk, job.staging, Date.now());
  const isNew = !(await isDirectory(job));
  const written = isNew && (await createJob(job, files)) ? [...files.keys()] : await addToJob(job, files);
  await syncDirectory(job.disk, job.path);
  await syncDirectory(job.disk, job.artifacts);
  await syncDirectory(job.disk, job.dataDir);
  return { written };
}

async function isDirectory(job: Job): Promise<boolean> {
  try {
    if ((await job.disk.lstat(job.path)).isDirectory()) return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
  throw ioError(job.path, 'not a directory');
}

/**
 * All files or none: the job's directory is filled under another name and then renamed. False when someone else
 * created the job meanwhile.
 */
async function createJob(job: Job, files: AttestationFiles): Promise<boolean> {
  const name = temporaryName(job.jobId);
  const staged = join(job.staging, name);
  await job.disk.mkdir(staged, 0o755);
  try {
    for (const [file, bytes] of files) await writeNewFile(job.disk, join(staged, file), bytes);
    await syncDirectory(job.disk, staged);
    await job.disk.rename(staged, job.path);
    return true;
  } catch (error) {
    await removeTemporary(job.disk, job.staging, name);
    if (['ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}

/** Adds what is missing, one file after the other; nothing is written when one of them is there with other bytes. */
async function addToJob(job: Job, files: AttestationFiles): Promise<string[]> {
  await removeStale(job.disk, job.path, Date.now());
  const missing: [string, Uint8Array][] = [];
  for (const [name, bytes] of files) {
    if (!(await isStored(job, name, bytes))) missing.push([name, bytes]);
  }
  const written: string[] = [];
  for (const [name, bytes] of missing) {
    if (await addFile(job, name, bytes)) written.push(name);
  }
  return written;
}

/** @throws StoreError ERR_STORE_CONFLICT */
async function isStored(job: Job, name: string, bytes: Uint8Array): Promise<boolean> {
  const path = join(job.path, name);
  const stored = await readRegularFile(job.disk, path, { maxBytes: STORE_LIMITS.fileBytes, sync: true });
  if (stored === undefined) return false;
  if (stored.equals(bytes)) return true;
  throw new StoreError('ERR_STORE_CONFLICT', `${JSON.stringify(path)} is there already, with other content`, {
    path,
    hint: 'a stored attestation is never replaced; another attempt of a job needs another job id',
  });
}

/** False when someone else wrote the same bytes meanwhile. A link never replaces a file, as a rename would. */
async function addFile(job: Job, name: string, bytes: Uint8Array): Promise<boolean> {
  const temporary = temporaryName(name);
  try {
    await writeNewFile(job.disk, join(job.path, temporary), bytes);
    await job.disk.link(join(job.path, temporary), join(job.path, name));
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST' && (await isStored(job, name, bytes))) return false;
    throw error;
  } finally {
    await job.disk.rm(join(job.path, temporary), { force: true });
  }
}

async function read(job: Job): Promise<AttestationFiles> {
  const names = await attestationNames(job);
  if (names.length > STORE_LIMITS.files) {
    throw new StoreError('ERR_STORE_LIMIT', `more than ${STORE_LIMITS.files} files in one job`, {
      path: job.path,
    });
  }
  const files = new Map<string, Uint8Array>();
  for (const name of names) {
    const bytes = await readRegularFile(job.disk, join(job.path, name), { maxBytes: STORE_LIMITS.fileBytes });
    if (bytes !== undefined) files.set(name, bytes);
  }
  return files;
}

async function attestationNames(job: Job): Promise<string[]> {
  try {
    if (await isDirectory(job)) {
      const entries = await job.disk.readdir(job.path, { withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() && FILE_NAME.test(entry.name))
        .map(({ name }) => name)
        .sort();
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
