import { constants } from 'node:fs';
import type * as promises from 'node:fs/promises';
import { dirname } from 'node:path';
import { STORE_LIMITS } from './attestation-store.ts';
import { fromSystemError, StoreError, systemErrorCode } from './errors.ts';

/** The calls to the operating system that this package makes; a test puts faults between them. */
export type Disk = Pick<
  typeof promises,
  'open' | 'mkdir' | 'link' | 'rename' | 'rm' | 'rmdir' | 'lstat' | 'stat' | 'readdir'
>;

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;

/** Writes a file that must not exist yet, to the disk and not only to the cache. */
export async function writeNewFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * The bytes of a regular file that is not a symbolic link; undefined when nothing is there.
 *
 * @throws {StoreError} `ERR_STORE_LIMIT`, `_IO`
 */
export async function readRegularFile(
  disk: Disk,
  path: string,
  options: { readonly maxBytes: number; readonly sync?: boolean },
): Promise<Buffer | undefined> {
  const file = await openIfThere(disk, path);
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw ioError(path, 'not a regular file');
    if (stats.size > options.maxBytes) throw tooLarge(path, options.maxBytes);
    const bytes = await file.readFile();
    // A run that was killed may have left the file in the cache only.
    if (options.sync) await file.sync();
    return bytes;
  } catch (error) {
    throw fromSystemError(error, path);
  } finally {
    await file.close();
  }
}

async function openIfThere(disk: Disk, path: string): Promise<promises.FileHandle | undefined> {
  try {
    return await disk.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fromSystemError(error, path);
  }
}

/** Makes the entries of a directory durable. */
export async function syncDirectory(disk: Disk, path: string): Promise<void> {
  const directory = await disk.open(path, O_RDONLY | O_DIRECTORY);
  try {
    await directory.sync();
  } catch (error) {
    // Some network file systems cannot do this for a directory; they write its entries through.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'].includes(systemErrorCode(error) ?? '')) throw error;
  } finally {
    await directory.close();
  }
}

/**
 * Creates a directory and the missing ones above it, each durable before the next.
 *
 * @throws {StoreError} `ERR_STORE_IO`
 */
export async function ensureDirectory(disk: Disk, path: string): Promise<void> {
  try {
    if (!(await makeDirectory(disk, path))) {
      await ensureDirectory(disk, dirname(path));
      await makeDirectory(disk, path);
    }
  } catch (error) {
    throw fromSystemError(error, path);
  }
}

/** False when the parent is missing. */
async function makeDirectory(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.mkdir(path, 0o755);
    await syncDirectory(disk, dirname(path));
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' && path !== dirname(path)) return false;
    if (code === 'EEXIST' && (await disk.stat(path)).isDirectory()) return true;
    throw code === 'EEXIST' ? ioError(path, 'not a directory') : error;
  }
}

export function ioError(path: string, reason: string): StoreError {
  return new StoreError('ERR_STORE_IO', `${JSON.stringify(path)}: ${reason}`, { path });
}

export function tooLarge(path: string, maxBytes: number): StoreError {
  return new StoreError('ERR_STORE_LIMIT', `${JSON.stringify(path)}: larger than ${maxBytes} bytes`, {
    path,
  });
}

export function tooMany(path: string): StoreError {
  return new StoreError('ERR_STORE_LIMIT', `${JSON.stringify(path)}: more than ${STORE_LIMITS.files} files`, {
    path,
  });
}
