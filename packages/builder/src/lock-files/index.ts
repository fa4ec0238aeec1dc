import { parseJson } from 'in-toto-attestation';
import { parse as parseToml } from 'smol-toml';
import { parseAllDocuments } from 'yaml';
import { readCargoLock } from './cargo.ts';
import { LockFileError } from './errors.ts';
import { readGoSum } from './go.ts';
import { readGradleMetadata, readMavenChecksums, readMavenLockfile } from './java.ts';
import type { LockedDependency } from './locked.ts';
import { readPackageLock } from './npm.ts';
import { readPnpmLock } from './pnpm.ts';
import { readPoetryLock, readRequirements, readUvLock } from './python.ts';
import { LockFileReader, type Table } from './table.ts';
import { readYarnLock } from './yarn.ts';

export { LOCK_FILE_ERROR_CODES, LockFileError } from './errors.ts';
export type { LockedDependency } from './locked.ts';

/** What is read of one lock file at most. */
export const LOCK_FILE_LIMITS = {
  /** Bytes of the file: 64 MiB. */
  bytes: 67_108_864,
  /** Dependencies in it. */
  dependencies: 250_000,
} as const;

type Read = (reader: LockFileReader, text: string) => LockedDependency[];

/** Lock files by the names that their tools give them. */
const KINDS: readonly (readonly [name: RegExp, read: Read])[] = [
  [/^(?:package-lock|npm-shrinkwrap)\.json$/, (reader, text) => readPackageLock(reader, json(reader, text))],
  [/^pnpm-lock\.yaml$/, (reader, text) => readPnpmLock(reader, yaml(reader, text))],
  [/^yarn\.lock$/, readYarnLock],
  [/^go\.sum$/, readGoSum],
  [/^Cargo\.lock$/, (reader, text) => readCargoLock(reader, toml(reader, text))],
  [/^poetry\.lock$/, (reader, text) => readPoetryLock(reader, toml(reader, text))],
  [/^uv\.lock$/, (reader, text) => readUvLock(reader, toml(reader, text))],
  [/^.*requirements.*\.txt$/, readRequirements],
  [/^lockfile\.json$/, (reader, text) => readMavenLockfile(reader, json(reader, text))],
  [/^checksums(?:-[^/]+)?\.(sha1|sha256|sha512)$/, readChecksums],
  [/^verification-metadata\.xml$/, readGradleMetadata],
];

/** The lock files that {@link readLockFile} knows, for people. */
export const LOCK_FILES =
  'package-lock.json, npm-shrinkwrap.json, pnpm-lock.yaml, yarn.lock, go.sum, Cargo.lock, poetry.lock, uv.lock, requirements.txt, lockfile.json (Maven), checksums.sha256 (Maven), verification-metadata.xml (Gradle)';

/**
 * What a lock file pins, each thing once, in the order of the file: package URLs with the digests that the file has. It says
 * what may be installed, not what was: packages for other platforms are among them. The project's own folders are not.
 *
 * @param name the file's name, by which its kind is known.
 * @throws {LockFileError} `ERR_LOCK_FILE` for a file of no known kind, and one that is malformed or too large.
 */
export function readLockFile(name: string, bytes: Uint8Array): LockedDependency[] {
  const file = name.replace(/^.*\//, '');
  const [, read] = KINDS.find(([pattern]) => pattern.test(file)) ?? [];
  if (read === undefined) {
    throw new LockFileError(name, '', 'not a lock file that is known by its name', {
      hint: `known are ${LOCK_FILES}`,
    });
  }
  if (bytes.length > LOCK_FILE_LIMITS.bytes) {
    throw new LockFileError(name, '', `larger than ${LOCK_FILE_LIMITS.bytes} bytes`);
  }
  const found = unique(read(new LockFileReader(name), decode(name, bytes)));
  if (found.length > LOCK_FILE_LIMITS.dependencies) {
    throw new LockFileError(
      name,
      '',
      `expected at most ${LOCK_FILE_LIMITS.dependencies} dependencies, found ${found.length}`,
    );
  }
  return found;
}

function unique(dependencies: readonly LockedDependency[]): LockedDependency[] {
  const found = new Map(dependencies.map((dependency) => [JSON.stringify(dependency), dependency]));
  return [...found.values()];
}

function decode(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LockFileError(name, '', 'expected UTF-8', { cause });
  }
}

function readChecksums(reader: LockFileReader, text: string): LockedDependency[] {
  return readMavenChecksums(reader, text, reader.file.replace(/^.*\./, ''));
}

function json(reader: LockFileReader, text: string): unknown {
  return attempt(reader, 'JSON', () =>
    parseJson(Buffer.from(text), { maxBytes: LOCK_FILE_LIMITS.bytes, depth: 256 }),
  );
}

/** Without aliases: no lock file has them, and they can make a small file large. */
function yaml(reader: LockFileReader, text: string): unknown[] {
  return attempt(reader, 'YAML', () => {
    const documents = parseAllDocuments(text, { merge: false, logLevel: 'silent' });
    if (!Array.isArray(documents)) return [];
    return documents.map((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      return document.toJS({ maxAliasCount: 0 }) as unknown;
    });
  });
}

function toml(reader: LockFileReader, text: string): Table {
  return reader.table(
    attempt(reader, 'TOML', () => parseToml(text)),
    '',
  );
}

function attempt<T>(reader: LockFileReader, format: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new LockFileError(reader.file, '', `no ${format}: ${message}`, { cause });
  }
}
