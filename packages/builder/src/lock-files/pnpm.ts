import { npmDependencies } from './npm.ts';
import { gitDependency, type LockedDependency } from './locked.ts';
import type { LockFileReader, Table } from './table.ts';

/** pnpm-lock.yaml of lockfileVersion 5, 6 and 9 (pnpm/spec, lockfile). A file may hold several documents. */
export function readPnpmLock(reader: LockFileReader, documents: readonly unknown[]): LockedDependency[] {
  return documents.flatMap((document) => {
    const lock = reader.table(document, '');
    const version = String(lock['lockfileVersion']);
    if (!/^(?:5|6|9)(?:\.[0-9]+)?$/.test(version)) {
      throw reader.wrong('/lockfileVersion', 'expected 5, 6 or 9');
    }
    const isSlashed = version.startsWith('5');
    return reader
      .entries(lock['packages'], '/packages')
      .flatMap(([key, entry]) => readPackage(reader, key, entry, isSlashed));
  });
}

function readPackage(
  reader: LockFileReader,
  key: string,
  entry: Table,
  isSlashed: boolean,
): LockedDependency[] {
  const place = `/packages/${key}`;
  const resolution = reader.table(entry['resolution'], `${place}/resolution`);
  if (resolution['type'] === 'directory') return [];
  const { name, version } = splitKey(key, isSlashed);
  const fullName = reader.optionalText(entry['name'], `${place}/name`) ?? name;
  if (resolution['type'] === 'git' || typeof resolution['commit'] === 'string') {
    const repository = reader.text(resolution['repo'], `${place}/resolution/repo`);
    const commit = reader.text(resolution['commit'], `${place}/resolution/commit`);
    const dependency = gitDependency(fullName, repository, commit);
    if (dependency !== undefined) return [dependency];
    throw reader.wrong(`${place}/resolution`, 'expected a Git remote and a whole commit id');
  }
  return npmDependencies(reader, place, {
    name: fullName,
    version: reader.optionalText(entry['version'], `${place}/version`) ?? version,
    resolved: typeof resolution['tarball'] === 'string' ? resolution['tarball'] : undefined,
    integrity: reader.optionalText(resolution['integrity'], `${place}/resolution/integrity`),
  });
}

/** `name@1.0.0`, before that `/name@1.0.0(peer@2.0.0)`, before that `/name/1.0.0_peer@2.0.0`. */
function splitKey(
  key: string,
  isSlashed: boolean,
): { readonly name: string; readonly version: string | undefined } {
  const plain = key.replace(/^\//, '').replace(/\(.*$/, '');
  const at = isSlashed ? slashBeforeVersion(plain) : plain.indexOf('@', 1);
  if (at === -1) return { name: plain, version: undefined };
  const version = plain.slice(at + 1);
  const known = isSlashed ? version.replace(/_.*$/, '') : version;
  return { name: plain.slice(0, at), version: known.includes(':') ? undefined : known };
}

function slashBeforeVersion(key: string): number {
  return key.startsWith('@') ? key.indexOf('/', key.indexOf('/') + 1) : key.indexOf('/');
}
