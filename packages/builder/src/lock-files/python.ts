import { gitDependency, hexDigest, withDigests, type LockedDependency } from './locked.ts';
import type { LockFileReader, Table } from './table.ts';

/** `sha256:HEX` and the like, of one file of a package. */
function hashOf(reader: LockFileReader, value: unknown, place: string): Readonly<Record<string, string>> {
  const [algorithm = '', hex = ''] = reader.text(value, place).split(':');
  const digest = hexDigest(algorithm, hex);
  if (digest === undefined) throw reader.wrong(place, 'expected a digest such as "sha256:" and hex');
  return digest;
}

/** The files of a package, of which an installation takes one: each is a dependency of its own. */
function describeFiles(
  reader: LockFileReader,
  place: string,
  name: string,
  version: string | undefined,
  files: readonly { readonly file: string; readonly digest: Readonly<Record<string, string>> }[],
): LockedDependency[] {
  if (files.length === 0) return [{ uri: reader.purl(place, 'pypi', name, version) }];
  return files.map(({ file, digest }) => ({
    uri: reader.purl(place, 'pypi', name, version, { file_name: file }),
    digest,
  }));
}

/** poetry.lock (python-poetry.org), versions 1 and 2; before 1.3 the files stand in a table of their own. */
export function readPoetryLock(reader: LockFileReader, document: Table): LockedDependency[] {
  const metadata = document['metadata'] === undefined ? {} : reader.table(document['metadata'], '/metadata');
  const shared = metadata['files'] === undefined ? {} : reader.table(metadata['files'], '/metadata/files');
  return reader.list(document['package'], '/package').flatMap((entry, index) => {
    const place = `/package/${index}`;
    const name = reader.text(entry['name'], `${place}/name`);
    const version = reader.text(entry['version'], `${place}/version`);
    const source = entry['source'] === undefined ? {} : reader.table(entry['source'], `${place}/source`);
    if (source['type'] === 'directory') return [];
    if (source['type'] === 'git') {
      const commit = reader.text(source['resolved_reference'], `${place}/source/resolved_reference`);
      return fromGit(reader, place, name, reader.text(source['url'], `${place}/source/url`), commit);
    }
    const files = reader.list(entry['files'] ?? shared[name], `${place}/files`).map((file, position) => ({
      file: reader.text(file['file'], `${place}/files/${position}/file`),
      digest: hashOf(reader, file['hash'], `${place}/files/${position}/hash`),
    }));
    return describeFiles(reader, place, name, version, files);
  });
}

function fromGit(
  reader: LockFileReader,
  place: string,
  name: string,
  remote: string,
  commit: string,
): LockedDependency[] {
  const dependency = gitDependency(name, remote, commit);
  if (dependency !== undefined) return [dependency];
  throw reader.wrong(`${place}/source`, 'expected a Git remote and a whole commit id');
}

/** uv.lock (docs.astral.sh/uv), version 1. */
export function readUvLock(reader: LockFileReader, document: Table): LockedDependency[] {
  if (document['version'] !== 1) throw reader.wrong('/version', 'expected 1');
  return reader.list(document['package'], '/package').flatMap((entry, index) => {
    const place = `/package/${index}`;
    const name = reader.text(entry['name'], `${place}/name`);
    const version = reader.optionalText(entry['version'], `${place}/version`);
    const source = reader.table(entry['source'], `${place}/source`);
    if (['editable', 'virtual', 'directory'].some((kind) => source[kind] !== undefined)) return [];
    if (source['git'] !== undefined) {
      const [remote = '', commit = ''] = reader.text(source['git'], `${place}/source/git`).split('#');
      return fromGit(reader, place, name, remote.replace(/\?.*$/, ''), commit);
    }
    const sdist = entry['sdist'] === undefined ? [] : [reader.table(entry['sdist'], `${place}/sdist`)];
    const wheels = reader.list(entry['wheels'], `${place}/wheels`);
    const files = [...sdist, ...wheels].map((file, position) => ({
      file: fileOf(reader, file, `${place}/files/${position}`),
      digest: hashOf(reader, file['hash'], `${place}/files/${position}/hash`),
    }));
    return describeFiles(reader, place, name, version, files);
  });
}

function fileOf(reader: LockFileReader, file: Table, place: string): string {
  const path = reader.text(file['url'] ?? file['path'] ?? file['filename'], place);
  return decodeURIComponent(path.replace(/[?#].*$/, '').replace(/^.*\//, ''));
}

/** Of a line whose white space is one blank each. */
const REQUIREMENT =
  /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?) ?(?:\[[^\]]*\])? ?(?:===? ?([^ ;,]+)|@ ?([^ ]+))? ?(?:;.*)?$/;
/** With a user perhaps: `git+ssh://git@host/repository@COMMIT`. */
const GIT_COMMIT = /^(git\+[^#@]+(?:@[^#@/][^#@]*)?)@([0-9a-f]{40})/;

/** requirements.txt with hashes (pip.pypa.io, "Requirements File Format", "Hash-checking Mode"). */
export function readRequirements(reader: LockFileReader, text: string): LockedDependency[] {
  return logicalLines(text).flatMap(({ line, number }) => {
    const place = `line ${number}`;
    if (/^(?:-r|--requirement)\b/.test(line)) {
      throw reader.wrong(
        place,
        'expected requirements, found another file of them',
        'compile them into one file',
      );
    }
    if (line.startsWith('-')) return [];
    const hashes = [...line.matchAll(/\s--hash[= ]([A-Za-z0-9]+:[0-9A-Fa-f]+)/g)].map(([, hash]) =>
      hashOf(reader, hash, place),
    );
    const requirement = line.replace(/\s--(?:hash|config-settings).*$/, '').replaceAll(/\s+/g, ' ');
    const [, name, version, url] = REQUIREMENT.exec(requirement.trim()) ?? [];
    if (name === undefined) {
      throw reader.wrong(
        place,
        'expected name and version such as "six==1.17.0"',
        'pip-compile --generate-hashes pins them',
      );
    }
    const [, remote, commit] = GIT_COMMIT.exec(url ?? '') ?? [];
    if (remote !== undefined && commit !== undefined) return fromGit(reader, place, name, remote, commit);
    return withDigests({ uri: reader.purl(place, 'pypi', name, version) }, hashes);
  });
}

/** Lines without comments, those that a backslash continues as one. */
function logicalLines(text: string): { readonly line: string; readonly number: number }[] {
  const lines: { line: string; number: number }[] = [];
  let continued = false;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const comment = raw.search(/(?:^|\s)#/);
    const line = comment === -1 ? raw : raw.slice(0, comment).trimEnd();
    const ends = line.endsWith('\\');
    const part = ends ? line.slice(0, -1) : line;
    const last = lines.at(-1);
    if (continued && last !== undefined) last.line += ` ${part.trim()}`;
    else if (part.trim() !== '') lines.push({ line: part.trim(), number: index + 1 });
    continued = ends;
  }
  return lines;
}
