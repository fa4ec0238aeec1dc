import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fromErrno, readInput, writeOutput } from '../file.ts';

/** More than any metadata has. */
const CACHED_BYTES = 5_000_000;

/**
 * A file of the cache. Whoever can write there may have put anything in its place: what is no plain file of a likely size
 * is not there, and what is there is verified by whoever reads it.
 */
export function readCached(cache: string, name: string): Uint8Array | undefined {
  const path = join(cache, name);
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status?.isFile() === true && status.size <= CACHED_BYTES ? readInput(path, CACHED_BYTES) : undefined;
}

/** Puts files into the cache, through no link that may lie there. @throws CliError ERR_IO */
export function writeCached(cache: string, files: ReadonlyMap<string, Uint8Array>): void {
  for (const [name, bytes] of files) {
    const path = join(cache, name);
    try {
      mkdirSync(cache, { recursive: true });
      if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) rmSync(path, { recursive: true });
    } catch (error) {
      throw fromErrno('write', path, error);
    }
    writeOutput(path, bytes);
  }
}
