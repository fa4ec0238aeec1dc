import { createHash } from 'node:crypto';
import type { Lock } from '@danube/verifier';
import { DocumentError, parseLock } from '@danube/verifier/documents';
import { usageError } from '../exit-code.ts';
import { readInput } from '../file.ts';

/** More than a lockfile of ten thousand artifacts has. */
const LOCK_BYTES = 16 * 1024 * 1024;

/** Reads a lockfile, and the digest of the file. @throws CliError ERR_USAGE for one that is none; ERR_IO. */
export function loadLock(path: string): Lock & { readonly sha256: string } {
  return readLockfile(path, (bytes) => ({
    ...parseLock(bytes),
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
}

/** The same by any reader. */
export function readLockfile<T>(path: string, parse: (bytes: Uint8Array) => T): T {
  const bytes = readInput(path, LOCK_BYTES);
  try {
    return parse(bytes);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw usageError(`the lockfile ${path}: ${error.message}`, error.hint);
  }
}
