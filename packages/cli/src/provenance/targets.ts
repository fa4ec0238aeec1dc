import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ARTIFACT_LIMITS, listFiles, parseChecksums } from '@danube/artifact';
import type { ArtifactInput } from '@danube/verifier';
import { ACCEPTED, DanubeError, MalformedError, parseDigestSet } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { fromErrno, readInput } from '../file.ts';
import { evidenceIn, findBeside, isChecksumName, isEvidenceName } from './evidence-files.ts';

/** A file that is to be hashed and judged. */
export interface FileTarget {
  /** As the report calls it. */
  readonly name: string;
  /** The folder it is read from (a real path where the caller named the file), and its name there. */
  readonly root: string;
  readonly nameInRoot: string;
  /** It was met in a directory; the caller did not name it. */
  readonly fromDirectory: boolean;
}

/** Something that the caller named and that could not be looked at. */
export interface Problem {
  readonly name: string;
  readonly error: DanubeError;
}

/** What the caller wants to have judged, and where evidence for it may lie. */
export interface Targets {
  readonly files: readonly FileTarget[];
  /** Artifacts of which there is a digest alone. */
  readonly digests: readonly ArtifactInput[];
  /** Attestation files that were met on the way. */
  readonly evidencePaths: readonly string[];
  readonly problems: readonly Problem[];
}

/** Whether a file of a directory is an artifact. Decided once the evidence is known, which may be about checksum files. */
export function isArtifact(target: FileTarget, subjectNames: ReadonlySet<string>): boolean {
  if (!target.fromDirectory || subjectNames.has(target.nameInRoot)) return true;
  return !isEvidenceName(target.nameInRoot) && !isChecksumName(target.nameInRoot);
}

/**
 * Looks at what the caller named. A file or directory that cannot be looked at is kept as a problem, so that the others
 * are judged all the same.
 *
 * @throws CliError ERR_USAGE for a bad digest; whatever {@link readChecksums} throws.
 */
export function findTargets(
  paths: readonly string[],
  digests: readonly string[] = [],
  checksums: readonly string[] = [],
): Targets {
  const found = findFiles(paths);
  const lists = checksums.map(readChecksums);
  return {
    ...found,
    digests: [...digests.map(readDigest), ...lists.flatMap((list) => list.digests)],
    evidencePaths: [...found.evidencePaths, ...lists.flatMap((list) => list.evidencePaths)],
  };
}

function findFiles(paths: readonly string[]): Omit<Targets, 'digests'> {
  const files = new Map<string, FileTarget>();
  const named: string[] = [];
  const evidencePaths: string[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    try {
      if (statSync(path).isDirectory()) {
        const names = listFiles(path);
        evidencePaths.push(...names.filter(isEvidenceName).map((name) => join(path, name)));
        addDirectory(files, path, names);
      } else {
        named.push(path);
        addNamed(files, path);
      }
    } catch (error) {
      problems.push({ name: path, error: known(fromErrno('read', path, error)) });
    }
  }
  return {
    files: [...files.values()],
    evidencePaths: [...evidencePaths, ...findBeside(named)],
    problems,
  };
}

/** A file that is reached twice is judged once, under the name that the caller gave it. */
function addNamed(files: Map<string, FileTarget>, path: string): void {
  const real = realpathSync(path);
  files.set(resolve(path), {
    name: path,
    root: dirname(real),
    nameInRoot: basename(real),
    fromDirectory: false,
  });
}

function addDirectory(files: Map<string, FileTarget>, root: string, names: readonly string[]): void {
  for (const name of names) {
    const key = resolve(root, name);
    if (!files.has(key)) files.set(key, { name, root, nameInRoot: name, fromDirectory: true });
  }
}

/** Errors that have a code are told; any other is a bug and ends the run. */
function known(error: unknown): DanubeError {
  if (error instanceof DanubeError) return error;
  throw error;
}

/**
 * Reads `sha256:HEX`.
 *
 * @throws CliError ERR_USAGE
 */
export function readDigest(text: string): ArtifactInput {
  const [algorithm = '', ...rest] = text.split(':');
  if (!ACCEPTED.includes(algorithm) || rest.length !== 1) {
    throw usageError(`--digest ${text}: expected ${ACCEPTED.map((name) => `${name}:HEX`).join(', ')}`);
  }
  try {
    return { name: text, digest: parseDigestSet({ [algorithm]: rest.join() }, '') };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw usageError(`--digest ${text}: ${error.message}`);
  }
}

/**
 * The entries of a checksum file, and the attestation files in its folder. Its names are labels and never become paths.
 *
 * @throws CliError ERR_IO, ERR_USAGE
 */
export function readChecksums(path: string): Pick<Targets, 'digests' | 'evidencePaths'> {
  const bytes = readInput(path, ARTIFACT_LIMITS.checksumsBytes);
  return { digests: readEntries(path, bytes), evidencePaths: evidenceIn(dirname(path)) };
}

function readEntries(path: string, bytes: Uint8Array): ArtifactInput[] {
  try {
    return parseChecksums(bytes);
  } catch (error) {
    throw usageError(`--checksums ${path}: ${known(error).message}`);
  }
}
