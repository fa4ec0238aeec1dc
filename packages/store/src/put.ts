import { join } from 'node:path';
import { type AttestationFiles, type PutResult, STORE_LIMITS } from './attestation-store.ts';
import { ensureDirectory, readRegularFile, syncDirectory, tooLarge, tooMany, writeNewFile } from './disk.ts';
import { fromSystemError, StoreError, systemErrorCode } from './errors.ts';
import { isThere, type Job } from './job.ts';
import { checkFileName } from './names.ts';
import { removeStale, removeTemporary, temporaryName } from './temporary.ts';

/** How often a put starts again when someone takes its temporary files away. */
const ATTEMPTS = 8;

/** `AttestationStore.put` for the directory of a job. */
export async function put(job: Job, files: AttestationFiles): Promise<PutResult> {
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
  if (files.size > STORE_LIMITS.files) throw tooMany(job.path);
  for (const [name, bytes] of files) {
    checkFileName(name);
    if (bytes.length > STORE_LIMITS.fileBytes) throw tooLarge(join(job.path, name), STORE_LIMITS.fileBytes);
  }
}

async function putOnce(job: Job, files: AttestationFiles): Promise<PutResult> {
  if (await isThere(job)) return { written: await addToJob(job, files) };
  await ensureDirectory(job.disk, job.staging);
  await removeStale(job.disk, job.staging, Date.now());
  if (await createJob(job, files)) return { written: [...files.keys()] };
  return { written: await addToJob(job, files) };
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
  } catch (error) {
    await removeTemporary(job.disk, job.staging, name);
    if (['ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
  await syncDirectory(job.disk, job.artifacts);
  await syncDirectory(job.disk, job.dataDir);
  return true;
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
  await syncJob(job);
  return written;
}

/** Everything on the way to the files of a job: a run that was killed may have left it in the cache only. */
async function syncJob(job: Job): Promise<void> {
  await syncDirectory(job.disk, job.path);
  try {
    await syncDirectory(job.disk, job.artifacts);
    await syncDirectory(job.disk, job.dataDir);
  } catch (error) {
    // Whoever may only write in the job's directory did not create it either.
    if (systemErrorCode(error) !== 'EACCES') throw error;
  }
}

/** @throws {StoreError} `ERR_STORE_CONFLICT` */
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
