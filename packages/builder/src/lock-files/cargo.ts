import { gitDependency, hexDigest, otherLocation, type LockedDependency } from './locked.ts';
import type { LockFileReader, Table } from './table.ts';

const CRATES_IO = [
  'registry+https://github.com/rust-lang/crates.io-index',
  'sparse+https://index.crates.io/',
];

/** Cargo.lock, versions 1 to 4 (doc.rust-lang.org/cargo). A package without source is the project's own. */
export function readCargoLock(reader: LockFileReader, document: Table): LockedDependency[] {
  // Version 1 has the checksums in a table of their own.
  const metadata = document['metadata'] === undefined ? {} : reader.table(document['metadata'], '/metadata');
  return reader.list(document['package'], '/package').flatMap((entry, index) => {
    const place = `/package/${index}`;
    const name = reader.text(entry['name'], `${place}/name`);
    const version = reader.text(entry['version'], `${place}/version`);
    const source = reader.optionalText(entry['source'], `${place}/source`);
    if (source === undefined) return [];
    if (source.startsWith('git+')) return [fromGit(reader, `${place}/source`, name, source)];
    const checksum = entry['checksum'] ?? metadata[`checksum ${name} ${version} (${source})`];
    const digest = hexDigest('sha256', reader.text(checksum, `${place}/checksum`));
    if (digest === undefined) throw reader.wrong(`${place}/checksum`, 'expected a sha256 in hex');
    const downloadLocation = CRATES_IO.includes(source)
      ? undefined
      : otherLocation(source.replace(/^(?:registry|sparse)\+/, ''), []);
    return [
      {
        uri: reader.purl(place, 'cargo', name, version),
        digest,
        ...(downloadLocation === undefined ? {} : { downloadLocation }),
      },
    ];
  });
}

function fromGit(reader: LockFileReader, place: string, name: string, source: string): LockedDependency {
  const [remote = '', commit = ''] = source.split('#');
  const dependency = gitDependency(name, remote, commit);
  if (dependency !== undefined) return dependency;
  throw reader.wrong(place, 'expected a Git remote, # and a whole commit id');
}
