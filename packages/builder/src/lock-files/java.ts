import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { hexDigest, type LockedDependency } from './locked.ts';
import { isTable, type LockFileReader, type Table } from './table.ts';

/** lockfile.json of maven-lockfile (chains-project): dependencies and plugins with theirs below them. */
export function readMavenLockfile(reader: LockFileReader, document: unknown): LockedDependency[] {
  const lock = reader.table(document, '');
  return [
    ...readMavenTree(reader, lock['dependencies'], '/dependencies', 'children'),
    ...readMavenTree(reader, lock['mavenPlugins'], '/mavenPlugins', 'dependencies'),
    ...readMavenTree(reader, lock['mavenExtensions'], '/mavenExtensions', 'dependencies'),
  ];
}

function readMavenTree(
  reader: LockFileReader,
  value: unknown,
  place: string,
  below: 'children' | 'dependencies',
): LockedDependency[] {
  return reader.list(value, place).flatMap((entry, index) => {
    const at = `${place}/${index}`;
    const children = [...readMavenTree(reader, entry[below], `${at}/${below}`, 'children')];
    const checksum = reader.optionalText(entry['checksum'], `${at}/checksum`);
    const algorithm = reader.optionalText(entry['checksumAlgorithm'], `${at}/checksumAlgorithm`) ?? '';
    const digest = checksum === undefined ? undefined : hexDigest(algorithm, checksum);
    if (checksum !== undefined && digest === undefined) {
      throw reader.wrong(`${at}/checksum`, 'expected hex digits of its checksumAlgorithm');
    }
    return [{ uri: mavenPurl(reader, at, entry), ...(digest === undefined ? {} : { digest }) }, ...children];
  });
}

function mavenPurl(reader: LockFileReader, place: string, entry: Table): string {
  const group = reader.text(entry['groupId'], `${place}/groupId`);
  const name = reader.text(entry['artifactId'], `${place}/artifactId`);
  const version = reader.text(entry['version'], `${place}/version`);
  const classifier = reader.optionalText(entry['classifier'], `${place}/classifier`);
  return reader.purl(
    place,
    'maven',
    `${group}/${name}`,
    version,
    classifier === undefined ? {} : { classifier },
  );
}

/** `group/as/folders/NAME/VERSION/FILE` of a Maven repository. */
const ARTIFACT_PATH = /^(.+)\/([^/]+)\/([^/]+)\/([^/]+)$/;

/** Maven's trusted checksums (maven.apache.org/resolver, "summary file"): a digest and a path in a repository a line. */
export function readMavenChecksums(
  reader: LockFileReader,
  text: string,
  algorithm: string,
): LockedDependency[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const place = `line ${index + 1}`;
    const [, hex = '', path = ''] = /^([0-9A-Fa-f]+) [ *](.+)$/.exec(line) ?? [];
    const digest = hexDigest(algorithm, hex);
    const [, group, name, version, file] = ARTIFACT_PATH.exec(path) ?? [];
    if (
      digest === undefined ||
      group === undefined ||
      name === undefined ||
      version === undefined ||
      file === undefined
    ) {
      throw reader.wrong(
        place,
        `expected a ${algorithm} in hex, two blanks and a path in a Maven repository`,
      );
    }
    return [{ uri: filePurl(reader, place, [group.replaceAll('/', '.'), name, version], file), digest }];
  });
}

/** The package URL of one file of a Maven package: what is not NAME-VERSION.jar says so by classifier and type. */
function filePurl(
  reader: LockFileReader,
  place: string,
  [group, name, version]: readonly [group: string, name: string, version: string],
  file: string,
): string {
  const rest = file.startsWith(`${name}-${version}`) ? file.slice(`${name}-${version}`.length) : undefined;
  const [, classifier, type] = /^(?:-(.{1,255}?))?\.([A-Za-z0-9.]{1,64})$/.exec(rest ?? '') ?? [];
  const qualifiers: Record<string, string> = {};
  if (type === undefined) qualifiers['file_name'] = file;
  if (classifier !== undefined) qualifiers['classifier'] = classifier;
  if (type !== undefined && type !== 'jar') qualifiers['type'] = type;
  return reader.purl(place, 'maven', `${group}/${name}`, version, qualifiers);
}

const ALGORITHMS = ['sha256', 'sha512', 'sha1', 'md5'];

/** Elements of Gradle's file that may stand several times: always read as lists. */
const ELEMENTS: ReadonlySet<string> = new Set(['component', 'artifact', 'also-trust', ...ALGORITHMS]);

/** Gradle's verification-metadata.xml (docs.gradle.org, "Verifying dependencies"). */
export function readGradleMetadata(reader: LockFileReader, text: string): LockedDependency[] {
  const root = parseXml(reader, text)['verification-metadata'];
  if (!isTable(root)) throw reader.wrong('', 'expected the element verification-metadata');
  const components = isTable(root['components']) ? elements(root['components'], 'component') : [];
  return components.flatMap((component, index) => {
    const place = `component ${index + 1}`;
    const group = reader.text(component['@group'], `${place}/@group`);
    const name = reader.text(component['@name'], `${place}/@name`);
    const version = reader.text(component['@version'], `${place}/@version`);
    return elements(component, 'artifact').flatMap((artifact) => {
      const file = reader.text(artifact['@name'], `${place}/artifact/@name`);
      const uri = filePurl(reader, place, [group, name, version], file);
      return digestsOf(reader, place, artifact).map((digest) => ({ uri, digest }));
    });
  });
}

/** Of one artifact: its digests by several algorithms are one set, each digest that is trusted as well a set of its own. */
function digestsOf(
  reader: LockFileReader,
  place: string,
  artifact: Table,
): Readonly<Record<string, string>>[] {
  const found = ALGORITHMS.flatMap((algorithm) =>
    elements(artifact, algorithm).map((element) => ({
      digest: readDigest(reader, place, algorithm, element),
      others: elements(element, 'also-trust').map((other) => readDigest(reader, place, algorithm, other)),
    })),
  );
  if (found.length === 0) return [];
  return [Object.assign({}, ...found.map(({ digest }) => digest)), ...found.flatMap(({ others }) => others)];
}

function readDigest(
  reader: LockFileReader,
  place: string,
  algorithm: string,
  element: Table,
): Readonly<Record<string, string>> {
  const value = element['@value'];
  const digest = hexDigest(algorithm, typeof value === 'string' ? value : '');
  if (digest === undefined) throw reader.wrong(`${place}/${algorithm}`, `expected a ${algorithm} in hex`);
  return digest;
}

function elements(parent: Table, name: string): Table[] {
  const found = parent[name];
  return Array.isArray(found) ? found.filter(isTable) : [];
}

/** Without a document type, whose entities can make a small file large. */
function parseXml(reader: LockFileReader, text: string): Table {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text))
    throw reader.wrong('', 'no XML that is read: it has a document type');
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw reader.wrong(`line ${valid.err.line}`, `no XML: ${valid.err.msg}`);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseAttributeValue: false,
    parseTagValue: false,
    isArray: (name, _path, _isLeaf, isAttribute) => !isAttribute && ELEMENTS.has(name),
  });
  return reader.table(parser.parse(text), '');
}
