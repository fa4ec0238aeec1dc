import {
  gitDependency,
  integrityDigests,
  otherLocation,
  withDigests,
  type LockedDependency,
} from './locked.ts';
import type { LockFileReader, Table } from './table.ts';

/** Both serve the same packages. */
const REGISTRIES = ['registry.npmjs.org', 'registry.yarnpkg.com'];

/** What npm's lock files, pnpm's and Yarn's say of one package. */
interface NpmPackage {
  readonly name: string;
  readonly version: string | undefined;
  readonly resolved: string | undefined;
  readonly integrity: string | undefined;
}

/** One package of the npm registry, from Git or from elsewhere; nothing for a folder of this machine. */
export function npmDependencies(
  reader: LockFileReader,
  place: string,
  found: NpmPackage,
): LockedDependency[] {
  const { name, version, resolved = '', integrity } = found;
  const [, remote, commit] =
    /^(?:git\+|git:|ssh:|github:)?([^#]*)#(?:commit=)?([0-9a-f]{40}|[0-9a-f]{64})$/.exec(resolved) ?? [];
  if (remote !== undefined && commit !== undefined && integrity === undefined && isGit(resolved)) {
    const dependency = gitDependency(name, resolved.slice(0, resolved.indexOf('#')), commit);
    if (dependency !== undefined) return [dependency];
  }
  const digests = integrity === undefined ? [] : integrityDigests(integrity);
  if (digests === undefined) {
    throw reader.wrong(`${place}/integrity`, 'expected digests such as "sha512-" and base64');
  }
  const downloadLocation = otherLocation(resolved, REGISTRIES);
  return withDigests(
    {
      uri: reader.purl(place, 'npm', name, version),
      ...(downloadLocation === undefined ? {} : { downloadLocation }),
    },
    digests,
  );
}

function isGit(resolved: string): boolean {
  return /^(?:git\+|git:|ssh:|github:)/.test(resolved) || /\.git#/.test(resolved);
}

const FOLDER = 'node_modules/';

/** package-lock.json and npm-shrinkwrap.json of lockfileVersion 1, 2 and 3 (docs.npmjs.com, "package-lock.json"). */
export function readPackageLock(reader: LockFileReader, document: unknown): LockedDependency[] {
  const lock = reader.table(document, '');
  const { lockfileVersion } = lock;
  if (lockfileVersion !== 1 && lockfileVersion !== 2 && lockfileVersion !== 3) {
    throw reader.wrong('/lockfileVersion', 'expected 1, 2 or 3');
  }
  if (lock['packages'] === undefined) return readNested(reader, lock['dependencies'], '/dependencies');
  return reader.entries(lock['packages'], '/packages').flatMap(([key, entry]) => {
    // Folders outside node_modules are the project's own, and links lead to them.
    const start = key.lastIndexOf(FOLDER);
    if (start === -1 || entry['link'] === true) return [];
    const place = `/packages/${key}`;
    return npmDependencies(reader, place, {
      name: reader.optionalText(entry['name'], `${place}/name`) ?? key.slice(start + FOLDER.length),
      ...partsOf(reader, entry, place),
    });
  });
}

function partsOf(reader: LockFileReader, entry: Table, place: string): Omit<NpmPackage, 'name'> {
  return {
    version: reader.optionalText(entry['version'], `${place}/version`),
    resolved: typeof entry['resolved'] === 'string' ? entry['resolved'] : undefined,
    integrity: reader.optionalText(entry['integrity'], `${place}/integrity`),
  };
}

/** lockfileVersion 1 nests the dependencies of a package that are not shared. */
function readNested(reader: LockFileReader, value: unknown, place: string): LockedDependency[] {
  return reader.entries(value, place).flatMap(([key, entry]) => {
    const at = `${place}/${key}`;
    const below = readNested(reader, entry['dependencies'], `${at}/dependencies`);
    const parts = partsOf(reader, entry, at);
    const { version = '' } = parts;
    if (version.startsWith('file:')) return below;
    const [, alias, aliased] = /^npm:(.+)@([^@]+)$/.exec(version) ?? [];
    const isPlace = version.includes(':') && alias === undefined;
    const found = {
      ...parts,
      name: alias ?? key,
      version: isPlace ? undefined : (aliased ?? version),
      resolved: isPlace ? version : parts.resolved,
    };
    return [...npmDependencies(reader, at, found), ...below];
  });
}
