import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { systemErrorCode } from './errors.ts';

// Hidden, so that nobody takes it for an attestation; the process id tells whose it is.
const TEMPORARY = /^\.[A-Za-z0-9._-]+\.(\d+)-[0-9a-f]{16}\.tmp$/;
const STALE_AFTER_MS = 3_600_000;

/** A name that no other writer uses, for what will be called `name`. */
export function temporaryName(name: string): string {
  return `.${name}.${process.pid}-${randomBytes(8).toString('hex')}.tmp`;
}

/**
 * Removes what killed runs left in a directory: temporary entries whose process is gone, or that are an hour old. On
 * a shared volume a process elsewhere can look gone; it then finds its entry missing and starts again, so a wrong
 * guess costs time and nothing else. For the same reason an entry leaves under a new name before it is taken apart.
 */
export async function removeStale(disk: Disk, directory: string, now: number): Promise<void> {
  for (const name of await disk.readdir(directory)) {
    const owner = TEMPORARY.exec(name)?.[1];
    if (owner !== undefined && (await isStale(disk, join(directory, name), Number(owner), now))) {
      await removeTemporary(disk, directory, name);
    }
  }
}

/** Removes a temporary file or directory, so that no one can rename a half-removed one into place. */
export async function removeTemporary(disk: Disk, directory: string, name: string): Promise<void> {
  const doomed = join(directory, temporaryName('removed'));
  try {
    await disk.rename(join(directory, name), doomed);
    await disk.rm(doomed, { recursive: true, force: true });
  } catch (error) {
    // Another run was faster; or it is not ours to remove, which must not stop this run.
    if (!['ENOENT', 'EACCES', 'EPERM'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}

async function isStale(disk: Disk, path: string, owner: number, now: number): Promise<boolean> {
  if (!isAlive(owner)) return true;
  try {
    return now - (await disk.lstat(path)).mtimeMs > STALE_AFTER_MS;
  } catch {
    return false; // gone meanwhile
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}
