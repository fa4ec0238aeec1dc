import { join } from 'node:path';
import { type AttestationFiles, type PutResult, STORE_LIMITS } from './attestation-store.ts';
import { decide, finishDecided } from './decided.ts';
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

/** Adds what is missing, all of it or nothing; nothing is written when one of the files is there with other bytes. */
async function addToJob(job: Job, files: AttestationFiles): Promise<string[]> {
  await removeStale(job.disk, job.path, Date.now());
  for (;;) {
    await finishDecided(job);
    const missing = new Map<string, Uint8Array>();
    for (const [name, bytes] of files) {
      if (!(await isStored(job, name, bytes))) missing.set(name, bytes);
    }
    if (missing.size === 0 || (await decide(job, missing))) {
      await finishDecided(job);
      // Another writer may have been between the look and the decision.
      for (const [name, bytes] of missing) await requireStored(job, name, bytes);
      await syncJob(job);
      return [...missing.keys()];
    }
  }
}

/** @throws {StoreError} `ERR_STORE_CONFLICT`; an error like ENOENT, to start again, when the file is gone */
async function requireStored(job: Job, name: string, bytes: Uint8Array): Promise<void> {
  if (await isStored(job, name, bytes)) return;
  throw Object.assign(new Error(`${name} is gone`), { code: 'ENOENT', syscall: 'open' });
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
