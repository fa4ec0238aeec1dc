import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { DigestSet } from 'in-toto-attestation';
import { checkAlgorithms, type HashAlgorithm } from './algorithms.ts';
import { hashAll } from './engine.ts';
import { faultOf, isFault } from './fault.ts';
import type { Hashed, Outcome } from './lane.ts';
import { asFolder, checkRegular, follow, resolveLink, resolveRoot } from './link.ts';
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

/** Files to hash, and what to call them. */
interface Sources {
  /** A real path, ending in `/`, that the files must not leave; empty when the caller names each of them. */
  readonly base: string;
  /** Below the base; absolute when it is empty. No folder of theirs may be a symbolic link. */
  readonly files: readonly string[];
  readonly nameOf: (index: number) => string;
  readonly pathOf: (index: number) => string;
}

/**
 * Hashes files below `root`. `names` are relative, as `listFiles` returns them; the result has their order. Each file
 * is read once, through one descriptor, and refused when it is not at the end what it was at the beginning.
 *
 * @throws {ArtifactError} `ERR_ARTIFACT_NOT_FOUND`, `_IO`, `_NOT_A_FILE`, `_SYMLINK_*`, `_NAME_*`, `_CHANGED`
 * @throws {TypeError} for an algorithm that is not a {@link HashAlgorithm}, or none
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
  const shown = asFolder(root);
  return hashSources(
    {
      base: asFolder(realRoot),
      files: names,
      nameOf: (index) => names[index] ?? '',
      pathOf: (index) => shown + (names[index] ?? ''),
    },
    options,
  );
}

/**
 * Hashes files that the caller names, wherever they are; symbolic links are followed. The `name` of each is the last
 * part of its path, unchecked.
 *
 * @throws {ArtifactError} `ERR_ARTIFACT_NOT_FOUND`, `_IO`, `_NOT_A_FILE`, `_SYMLINK_LOOP`, `_CHANGED`
 * @throws {TypeError} for an algorithm that is not a {@link HashAlgorithm}, or none
 * @throws the signal's reason when it is aborted
 */
export async function hashPaths(paths: readonly string[], options: HashOptions = {}): Promise<HashedFile[]> {
  return hashSources(
    {
      base: '',
      files: paths.map(followToFile),
      nameOf: (index) => basename(resolve(paths[index] ?? '')),
      pathOf: (index) => paths[index] ?? '',
    },
    options,
  );
}

/** {@link hashPaths} for one file. */
export async function hashFile(path: string, options: HashOptions = {}): Promise<HashedFile> {
  const [file] = await hashPaths([path], options);
  if (file === undefined) throw new TypeError('unreachable: one path, one file');
  return file;
}

function followToFile(path: string): string {
  const [target, kind] = follow(path);
  checkRegular(path, kind);
  return target;
}

async function hashSources(sources: Sources, options: HashOptions): Promise<HashedFile[]> {
  const { base, files } = sources;
  const algorithms = options.algorithms ?? ['sha256'];
  checkAlgorithms(algorithms);
  options.signal?.throwIfAborted();
  const tell = progressOf(sources, options);
  const outcomes = await hashAll({
    base,
    names: files,
    algorithms,
    resolveLink: (name) => (base === '' ? undefined : resolveLink(base, base + name).slice(base.length)),
    signal: options.signal,
    onBytes: tell,
  });
  const hashed = readOutcomes(sources, outcomes, algorithms);
  tell?.(Infinity, files.at(-1) ?? '');
  return hashed;
}

function progressOf(
  { base, files }: Sources,
  { onProgress }: HashOptions,
): ((bytes: number, name: string) => void) | undefined {
  if (onProgress === undefined) return undefined;
  const total = files.reduce((sum, file) => sum + sizeOf(base + file), 0);
  return (bytes, name) => onProgress(Math.min(bytes, total), total, name);
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
  sources: Sources,
  outcomes: readonly (Outcome | undefined)[],
  algorithms: readonly HashAlgorithm[],
): HashedFile[] {
  return sources.files.map((_, index) => {
    const outcome = outcomes[index];
    if (outcome?.kind !== 'hashed') throw firstFault(sources, outcomes);
    const digest = digestSetOf(algorithms, outcome);
    return { name: sources.nameOf(index), path: sources.pathOf(index), size: outcome.size, digest };
  });
}

/** Outcomes before it can be missing because of it. */
function firstFault({ base, pathOf }: Sources, outcomes: readonly (Outcome | undefined)[]): unknown {
  const index = outcomes.findIndex((outcome) => outcome !== undefined && isFault(outcome));
  return faultOf(base, pathOf(index), outcomes[index]);
}

function digestSetOf(algorithms: readonly HashAlgorithm[], { hex }: Hashed): DigestSet {
  const digest: Record<string, string> = {};
  for (const [index, algorithm] of algorithms.entries()) digest[algorithm] = hex[index] ?? '';
  return digest;
}
