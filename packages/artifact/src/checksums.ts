import { ArtifactError, quote } from './errors.ts';
import { HEX_DIGITS, type HashAlgorithm } from './algorithms.ts';
import { ARTIFACT_LIMITS } from './limits.ts';

export interface Checksum {
  /** As the file says it; an untrusted label, never to be used as a path. */
  readonly name: string;
  /** Algorithm to lower-case hex (in-toto DigestSet). */
  readonly digest: Readonly<Partial<Record<HashAlgorithm, string>>>;
}

interface Entry {
  readonly name: string;
  readonly algorithm: HashAlgorithm;
  readonly hex: string;
}

// `sha256sum`, `sha384sum`, `sha512sum`: a backslash when the name is escaped, hex, a space, then a space (text) or a
// star (binary). `--tag` and BSD: `SHA256 (name) = hex`.
const GNU = /^(?<escaped>\\?)(?<hex>[0-9A-Fa-f]+) [ *](?<name>.+)$/s;
const BSD = /^(?<escaped>\\?)(?<tag>[A-Z][A-Z0-9-]*) \((?<name>.+)\) = (?<hex>[0-9A-Fa-f]+)$/s;

const TAGS: ReadonlyMap<string, HashAlgorithm> = new Map([
  ['SHA256', 'sha256'],
  ['SHA384', 'sha384'],
  ['SHA512', 'sha512'],
]);

/**
 * Reads a checksum file: lines of `sha256sum`, `sha384sum` or `sha512sum`, plain or with `--tag`, with escaped names
 * decoded; lines that start with `#` are comments. The plain form does not name its algorithm, the digest's length
 * does. One name may have one digest of each algorithm; entries come out in the order of their first line.
 *
 * @throws ArtifactError ERR_ARTIFACT_CHECKSUMS with the line, ERR_ARTIFACT_LIMIT
 */
export function parseChecksums(bytes: Uint8Array): Checksum[] {
  const digests = new Map<string, Partial<Record<HashAlgorithm, string>>>();
  for (const [index, line] of splitLines(bytes).entries()) {
    if (line.startsWith('#')) continue;
    addEntry(digests, parseLine(line, index + 1), index + 1);
  }
  if (digests.size === 0) throw malformed('holds no checksum', 1);
  return Array.from(digests, ([name, digest]) => ({ name, digest }));
}

function splitLines(bytes: Uint8Array): string[] {
  if (bytes.length > ARTIFACT_LIMITS.checksumsBytes) {
    throw new ArtifactError(
      'ERR_ARTIFACT_LIMIT',
      `a checksum file of more than ${ARTIFACT_LIMITS.checksumsBytes} bytes`,
    );
  }
  const lines = decode(bytes).split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length > ARTIFACT_LIMITS.checksums) {
    throw new ArtifactError(
      'ERR_ARTIFACT_LIMIT',
      `more than ${ARTIFACT_LIMITS.checksums} lines of checksums`,
    );
  }
  return lines;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('is not valid UTF-8', firstInvalidLine(bytes));
  }
}

function firstInvalidLine(bytes: Uint8Array): number {
  // No UTF-8 sequence contains a newline, so each line can be judged alone.
  const text = Buffer.from(bytes).toString('latin1');
  const lines = text.split('\n').map((line) => Buffer.from(line, 'latin1'));
  return lines.findIndex((line) => !Buffer.from(line.toString('utf8')).equals(line)) + 1;
}

function parseLine(line: string, number: number): Entry {
  if (line === '') throw malformed('is empty', number);
  if (line.endsWith('\r'))
    throw malformed('ends in a carriage return', number, 'convert the file to Unix line ends');
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(line)) throw malformed('holds a control character', number);
  const tagged = BSD.exec(line)?.groups;
  const groups = tagged ?? GNU.exec(line)?.groups;
  if (groups === undefined) throw malformed('is not a checksum and a file name', number);
  const { escaped = '', name = '', hex = '', tag } = groups;
  const algorithm = tag === undefined ? byLength(hex, number) : byTag(tag, hex, number);
  if (/[A-F]/.test(hex)) throw malformed('holds a digest in upper case', number);
  return { name: escaped === '' ? name : unescape(name, number), algorithm, hex };
}

function byTag(tag: string, hex: string, line: number): HashAlgorithm {
  const algorithm = TAGS.get(tag);
  if (algorithm === undefined) throw malformed(`uses ${tag}; SHA256, SHA384 and SHA512 are accepted`, line);
  if (hex.length === HEX_DIGITS.get(algorithm)) return algorithm;
  throw malformed(`has ${hex.length} hex digits where ${tag} has ${HEX_DIGITS.get(algorithm)}`, line);
}

function byLength(hex: string, line: number): HashAlgorithm {
  for (const [algorithm, digits] of HEX_DIGITS) {
    if (digits === hex.length) return algorithm;
  }
  throw malformed(`has a digest of ${hex.length} hex digits; sha256 has 64, sha384 96, sha512 128`, line);
}

function unescape(name: string, line: number): string {
  return name.replaceAll(/\\(.?)/gu, (_, character: string) => {
    const plain = { '\\': '\\', n: '\n', r: '\r' }[character];
    if (plain === undefined) throw malformed('holds a backslash that escapes nothing', line);
    return plain;
  });
}

function addEntry(
  digests: Map<string, Partial<Record<HashAlgorithm, string>>>,
  entry: Entry,
  line: number,
): void {
  const digest = digests.get(entry.name) ?? {};
  const other = digest[entry.algorithm];
  if (other !== undefined && other !== entry.hex) {
    throw malformed(`gives ${quote(entry.name)} another ${entry.algorithm} than an earlier line`, line);
  }
  digest[entry.algorithm] = entry.hex;
  digests.set(entry.name, digest);
}

function malformed(what: string, line: number, hint?: string): ArtifactError {
  return new ArtifactError('ERR_ARTIFACT_CHECKSUMS', `line ${line} ${what}`, {
    line,
    ...(hint === undefined ? {} : { hint }),
  });
}
