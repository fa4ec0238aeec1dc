import { lstatSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { DigestSet } from 'in-toto-attestation';
import { checkAlgorithms, type HashAlgorithm } from './algorithms.ts';
import { hashAll } from './engine.ts';
import { ArtifactError, fromErrno, fromSystemError, quote } from './errors.ts';
import type { Outcome } from './lane.ts';
import { checkRegular, escape, isInside, linkToDirectory, resolveLink, resolveRoot } from './link.ts';
import { checkClashes, checkName } from './name.ts';

export interface HashOptions {
  /** Default: sha256. */
  readonly algorithms?: readonly HashAlgorithm[];
  readonly signal?: AbortSignal | undefined;
  /**
   * Called now and then, and once at the end, with the bytes hashed so far, the bytes of all files, and the name of a
   * file in work.
   */
  readonly onProgress?: ((bytesDone: number, bytesTotal: number, file: string) => void) | undefined;
}

export interface HashedFile {
  /** Relative to the root, `/` between segments. */
  readonly name: string;
  /** Where it was found. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** By each of the algorithms asked for. */
  readonly digest: DigestSet;
}

interface Source {
  readonly name: string;
  readonly path: string;
  /** `path` with the links in its folder's part resolved. */
  readonly realPath: string;
}

/**
 * Hashes files below `root`. `names` are relative, as `listFiles` returns them; the result has their order. Each file
 * is read once, from one descriptor, and refused when it is not at the end what it was at the beginning.
 *
 * @throws {ArtifactError} `ERR_ARTIFACT_NOT_FOUND`, `_IO`, `_NOT_A_FILE`, `_SYMLINK_*`, `_NAME_*`, `_CHANGED`
 * @throws {TypeError} for an algorithm that is not one of {@link HashAlgorithm}
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
  const sources = names.map((name) => ({ name, path: join(root, name), realPath: join(realRoot, name) }));
  return hashSources(realRoot, sources, options);
}

/**
 * Hashes files that the caller names, wherever they are; symbolic links are followed. The `name` of each is the last
 * part of its path, unchecked.
 *
 * @throws {ArtifactError} `ERR_ARTIFACT_NOT_FOUND`, `_IO`, `_NOT_A_FILE`, `_SYMLINK_LOOP`, `_CHANGED`
 * @throws {TypeError} for an algorithm that is not one of {@link HashAlgorithm}
 * @throws the signal's reason when it is aborted
 */
export async function hashPaths(paths: readonly string[], options: HashOptions = {}): Promise<HashedFile[]> {
  const sources = paths.map((path) => ({ name: basename(resolve(path)), path, realPath: followPath(path) }));
  return hashSources(undefined, sources, options);
}

/** {@link hashPaths} for one file. */
export async function hashFile(path: string, options: HashOptions = {}): Promise<HashedFile> {
  const [file] = await hashPaths([path], options);
  if (file === undefined) throw new TypeError('unreachable: one path, one file');
  return file;
}

function followPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    throw fromSystemError(error, path);
  }
}

async function hashSources(
  root: string | undefined,
  sources: readonly Source[],
  options: HashOptions,
): Promise<HashedFile[]> {
  const algorithms = options.algorithms ?? ['sha256'];
  checkAlgorithms(algorithms);
  options.signal?.throwIfAborted();
  const tell = progressOf(sources, options);
  const outcomes = await hashAll({
    paths: sources.map(({ realPath }) => realPath),
    algorithms,
    // Without a root all links were followed before; one that is there now was put there meanwhile.
    resolveLink: (path) => (root === undefined ? refuse(changed(path)) : resolveLink(root, path)),
    signal: options.signal,
    onBytes: tell,
  });
  const files = readOutcomes(root, sources, outcomes, algorithms);
  tell?.(
    files.reduce((sum, { size }) => sum + size, 0),
    files.length - 1,
  );
  return files;
}

function progressOf(
  sources: readonly Source[],
  { onProgress }: HashOptions,
): ((bytes: number, index: number) => void) | undefined {
  if (onProgress === undefined) return undefined;
  const total = sources.reduce((sum, { realPath }) => sum + sizeOf(realPath), 0);
  return (bytes, index) => onProgress(Math.min(bytes, total), total, sources[index]?.name ?? '');
}

/** Only for the progress bar; whatever is wrong shows when the file is read. */
function sizeOf(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0;
  }
}

function readOutcomes(
  root: string | undefined,
  sources: readonly Source[],
  outcomes: readonly (Outcome | undefined)[],
  algorithms: readonly HashAlgorithm[],
): HashedFile[] {
  const files: HashedFile[] = [];
  let isIncomplete = false;
  for (const [index, { name, path }] of sources.entries()) {
    const outcome = outcomes[index];
    if (outcome?.kind === 'hashed') {
      const digest = Object.fromEntries(
        algorithms.map((algorithm, at) => [algorithm, outcome.hex[at] ?? '']),
      );
      files.push({ name, path, size: outcome.size, digest });
    } else if (outcome === undefined || outcome.kind === 'stopped' || outcome.kind === 'large') {
      isIncomplete = true; // because of a fault in a later file
    } else {
      throw faultOf(root, path, outcome);
    }
  }
  if (isIncomplete) throw new TypeError('unreachable: a file without outcome, and no fault');
  return files;
}

function faultOf(
  root: string | undefined,
  path: string,
  outcome: Exclude<Outcome, { kind: 'hashed' }>,
): unknown {
  if (outcome.kind === 'error') return fromErrno(outcome.errno, path);
  if (outcome.kind === 'not-a-file') return wrongKind(path);
  if (outcome.kind === 'elsewhere' && root !== undefined) {
    return isInside(root, outcome.real)
      ? linkToDirectory(dirname(path))
      : escape(dirname(path), outcome.real);
  }
  return changed(path);
}

function wrongKind(path: string): unknown {
  try {
    checkRegular(path, lstatSync(path));
  } catch (error) {
    return fromSystemError(error, path);
  }
  return changed(path);
}

function changed(path: string): ArtifactError {
  return new ArtifactError('ERR_ARTIFACT_CHANGED', `${quote(path)} changed while it was read`, { path });
}

function refuse(error: ArtifactError): never {
  throw error;
}
