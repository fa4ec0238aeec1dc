import { parseSyml } from '@yarnpkg/parsers';
import { LockFileError } from './errors.ts';
import { gitDependency, hexDigest, type LockedDependency } from './locked.ts';
import { npmDependencies } from './npm.ts';
import type { LockFileReader, Table } from './table.ts';

/** yarn.lock of Yarn 1, and of Yarn 2 and later (its `__metadata` tells them apart). */
export function readYarnLock(reader: LockFileReader, text: string): LockedDependency[] {
  const lock = parse(reader, text);
  const metadata = lock['__metadata'];
  const entries = reader.entries(lock, '').filter(([key]) => key !== '__metadata');
  if (metadata === undefined) return entries.flatMap(([key, entry]) => readClassic(reader, key, entry));
  const { cacheKey } = reader.table(metadata, '/__metadata');
  return entries.flatMap(([key, entry]) => readBerry(reader, key, entry, cacheKey));
}

function parse(reader: LockFileReader, text: string): Table {
  try {
    return reader.table(parseSyml(text), '');
  } catch (cause) {
    if (cause instanceof LockFileError) throw cause;
    const message = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new LockFileError(reader.file, '', `no lock file of Yarn: ${message}`, { cause });
  }
}

/** `name@range` or `alias@npm:name@range`; several patterns of one package are separated by commas. */
function nameOf(key: string): string {
  const pattern = key.split(',')[0] ?? '';
  const [, real] = /^.+?@npm:(@?[^@]+)@/.exec(pattern) ?? [];
  return real ?? pattern.slice(0, pattern.indexOf('@', 1));
}

function readClassic(reader: LockFileReader, key: string, entry: Table): LockedDependency[] {
  const place = `/${key}`;
  const resolved = reader.optionalText(entry['resolved'], `${place}/resolved`);
  const integrity = reader.optionalText(entry['integrity'], `${place}/integrity`);
  // Without an integrity the tarball's URL has its sha1 behind the #.
  const [, sha1] = /\.tgz(?:\?[^#]*)?#([0-9a-f]{40})$/.exec(resolved ?? '') ?? [];
  const [dependency, ...others] = npmDependencies(reader, place, {
    name: nameOf(key),
    version: reader.text(entry['version'], `${place}/version`),
    resolved,
    integrity,
  });
  if (dependency === undefined || integrity !== undefined || sha1 === undefined) {
    return dependency === undefined ? [] : [dependency, ...others];
  }
  return [{ ...dependency, digest: { sha1 } }];
}

/** Yarn hashes the zip file into which it puts a package, not the package of the registry. */
function readBerry(reader: LockFileReader, key: string, entry: Table, cacheKey: unknown): LockedDependency[] {
  const place = `/${key}`;
  if (entry['linkType'] === 'soft') return [];
  const resolution = reader.text(entry['resolution'], `${place}/resolution`);
  const at = resolution.indexOf('@', 1);
  const [name, reference] = [resolution.slice(0, at), resolution.slice(at + 1)];
  const [, remote, commit] = /^(.+)#commit=([0-9a-f]{40}|[0-9a-f]{64})$/.exec(reference) ?? [];
  if (remote !== undefined && commit !== undefined) {
    const dependency = gitDependency(name, remote, commit);
    if (dependency !== undefined) return [dependency];
  }
  const version = reader.text(entry['version'], `${place}/version`);
  const uri = reader.purl(place, 'npm', name, version);
  const checksum = reader.optionalText(entry['checksum'], `${place}/checksum`);
  if (checksum === undefined) return [{ uri }];
  const [hex = '', prefix] = checksum.split('/').toReversed();
  const digest = hexDigest('sha512', hex);
  if (digest === undefined) throw reader.wrong(`${place}/checksum`, 'expected a sha512 in hex');
  const cache =
    prefix ?? (typeof cacheKey === 'string' || typeof cacheKey === 'number' ? String(cacheKey) : '');
  return [{ uri, digest, mediaType: 'application/zip', annotations: { yarnCacheKey: cache } }];
}
