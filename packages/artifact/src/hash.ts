import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  statSync,
  type BigIntStats,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ArtifactError, fromSystemError, quote } from './errors.ts';
import { checkRegular, resolveLink, resolveRoot } from './list.ts';
import { checkClashes, checkName } from './name.ts';

/** Digest algorithms that a subject can be hashed with, all in one pass. */
export type HashAlgorithm = 'sha256' | 'sha384' | 'sha512';

export interface HashOptions {
  /** Default: sha256. */
  readonly algorithms?: readonly HashAlgorithm[];
  readonly signal?: AbortSignal | undefined;
  /** Called as bytes are hashed, with the bytes of all files; `file` is the name of one in work. */
  readonly onProgress?: ((bytesDone: number, bytesTotal: number, file: string) => void) | undefined;
}

export interface HashedFile {
  /** Relative to the root, `/` between segments. */
  readonly name: string;
  /** Where it was read. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Algorithm to lower-case hex (in-toto DigestSet). */
  readonly digest: Readonly<Record<string, string>>;
}

/**
 * Hashes files below `root`. `names` are relative, as `listFiles` returns them; the result has their order.
 *
 * @throws ArtifactError NOT_FOUND, IO, NOT_A_FILE, SYMLINK_*, NAME_*, CHANGED
 * @throws the signal's reason when it is aborted
 */
export async function hashFiles(
  root: string,
  names: readonly string[],
  options: HashOptions = {},
): Promise<HashedFile[]> {
  const realRoot = resolveRoot(root);
  for (const name of names) checkName(name);
  checkClashes(names);
  const files: HashedFile[] = [];
  for (const name of names) {
    options.signal?.throwIfAborted();
    const path = join(realRoot, name);
    files.push(hashOne(name, path, options));
  }
  return files;

  function hashOne(name: string, path: string, o: HashOptions): HashedFile {
    try {
      const stats = lstatSync(path);
      const target = stats.isSymbolicLink() ? resolveLink(realRoot, path) : path;
      return { name, path, ...readAndHash(target, o) };
    } catch (error) {
      throw fromSystemError(error, path);
    }
  }
}

/**
 * Hashes one file that the caller names; a symbolic link is followed. `name` is the last part of `path`, unchecked.
 *
 * @throws ArtifactError NOT_FOUND, IO, NOT_A_FILE, SYMLINK_LOOP, CHANGED
 * @throws the signal's reason when it is aborted
 */
export async function hashFile(path: string, options: HashOptions = {}): Promise<HashedFile> {
  options.signal?.throwIfAborted();
  try {
    checkRegular(path, statSync(path));
    return { name: basename(resolve(path)), path, ...readAndHash(path, options) };
  } catch (error) {
    throw fromSystemError(error, path);
  }
}

function readAndHash(path: string, options: HashOptions): Pick<HashedFile, 'size' | 'digest'> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const before = fstatSync(fd, { bigint: true });
    const hashes = (options.algorithms ?? ['sha256']).map((name) => [name, createHash(name)] as const);
    const buffer = Buffer.allocUnsafe(256 * 1024);
    for (let read; (read = readSync(fd, buffer)) > 0;) {
      for (const [, hash] of hashes) hash.update(buffer.subarray(0, read));
    }
    checkUnchanged(path, before, fstatSync(fd, { bigint: true }));
    return {
      size: Number(before.size),
      digest: Object.fromEntries(hashes.map(([name, hash]) => [name, hash.digest('hex')])),
    };
  } finally {
    closeSync(fd);
  }
}

function checkUnchanged(path: string, before: BigIntStats, after: BigIntStats): void {
  const same =
    before.ino === after.ino &&
    before.size === after.size &&
    before.mtimeNs === after.mtimeNs &&
    before.ctimeNs === after.ctimeNs;
  if (!same)
    throw new ArtifactError('ERR_ARTIFACT_CHANGED', `${quote(path)} changed while it was read`, { path });
}
