import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type AttestationFiles, STORE_LIMITS } from './attestation-store.ts';
import { ioError, readRegularFile, syncDirectory, writeNewFile } from './disk.ts';
import { systemErrorCode } from './errors.ts';
import type { Job } from './job.ts';
import { FILE_NAME } from './names.ts';
import { removeTemporary, temporaryName } from './temporary.ts';

/*
 * No call of the operating system gives several files their names at once. So the files of a job that has a directory are
 * made ready in a folder of it, and one rename decides that they belong to the job: from then on whoever reads the job
 * reads them as well, and whoever writes gives them their names first. The folder is called `.decided`, which also keeps a
 * second writer waiting, and holds one folder of a name of its own, so that nobody mistakes one writer's files for another's.
 */
const DECIDED = '.decided';

/** Files that belong to a job and may not all have their names yet. */
export interface Decided {
  /** The folder they are in. */
  readonly folder: string;
  readonly files: AttestationFiles;
}

/**
 * Makes files ready and decides that they belong to the job. False when another writer has decided something and has
 * not finished.
 */
export async function decide(job: Job, files: AttestationFiles): Promise<boolean> {
  const { disk } = job;
  const name = temporaryName('attestations');
  const staged = join(job.path, name);
  const folder = join(staged, randomBytes(8).toString('hex'));
  await disk.mkdir(staged, 0o755);
  try {
    await disk.mkdir(folder, 0o755);
    for (const [file, bytes] of files) await writeNewFile(disk, join(folder, file), bytes);
    await requireLinks(job, folder, [...files.keys()][0] ?? '');
    await syncDirectory(disk, folder);
    await syncDirectory(disk, staged);
    await disk.rename(staged, join(job.path, DECIDED));
  } catch (error) {
    await removeTemporary(disk, job.path, name);
    if (['ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
  await syncDirectory(disk, job.path);
  return true;
}

/** What the file system cannot do should be known before anything is decided. */
async function requireLinks({ disk }: Job, folder: string, file: string): Promise<void> {
  const probe = join(folder, '.link');
  await disk.link(join(folder, file), probe);
  await disk.rm(probe, { force: true });
}

/** What is decided and not finished; undefined when nothing is. */
export async function readDecided(job: Job): Promise<Decided | undefined> {
  const parent = join(job.path, DECIDED);
  try {
    const [name] = await entriesOf(job, parent);
    if (name === undefined) return undefined;
    const folder = join(parent, name);
    const files = new Map<string, Uint8Array>();
    for (const file of await entriesOf(job, folder)) {
      if (!FILE_NAME.test(file)) continue;
      const bytes = await readRegularFile(job.disk, join(folder, file), { maxBytes: STORE_LIMITS.fileBytes });
      if (bytes === undefined) return await readDecided(job); // finished meanwhile
      files.set(file, bytes);
    }
    return (await isContradicted(job, files)) ? { folder, files: new Map() } : { folder, files };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Symbolic links are not followed below a job. */
async function entriesOf({ disk }: Job, path: string): Promise<string[]> {
  if (!(await disk.lstat(path)).isDirectory()) throw ioError(path, 'not a directory');
  return disk.readdir(path);
}

/**
 * Two writers of the same name may both have found it free, one after the other; what the second one decided never
 * counts, not even the files that nobody else has.
 */
async function isContradicted(job: Job, files: AttestationFiles): Promise<boolean> {
  for (const [name, bytes] of files) {
    const path = join(job.path, name);
    const stored = await readRegularFile(job.disk, path, { maxBytes: STORE_LIMITS.fileBytes });
    if (stored !== undefined && !stored.equals(bytes)) return true;
  }
  return false;
}

/** Gives the files that are decided their names. A link never replaces a file, as a rename would. */
export async function finishDecided(job: Job): Promise<void> {
  const decided = await readDecided(job);
  if (decided === undefined) return;
  const { disk } = job;
  try {
    for (const name of decided.files.keys()) await linkUnlessThere(job, join(decided.folder, name), name);
    await syncDirectory(disk, job.path);
    const removed = temporaryName('removed');
    await disk.rename(decided.folder, join(job.path, removed));
    await disk.rmdir(join(job.path, DECIDED));
    await disk.rm(join(job.path, removed), { recursive: true, force: true });
  } catch (error) {
    // Another writer has finished it, and may have decided something of its own.
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}

async function linkUnlessThere({ disk, path }: Job, from: string, name: string): Promise<void> {
  try {
    await disk.link(from, join(path, name));
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}
