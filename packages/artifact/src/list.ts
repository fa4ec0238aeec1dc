import { lstatSync, readdirSync, realpathSync, statSync, type Dirent, type Stats } from 'node:fs';
import { ArtifactError, fromSystemError, quote, systemErrorCode } from './errors.ts';
import { parseGlob, type Glob } from './glob.ts';
import { ARTIFACT_LIMITS } from './limits.ts';
import { asFolder, checkRegular, misplaced, resolveLink, resolveRoot, type FileKind } from './link.ts';
import { checkClashes, checkName } from './name.ts';

export interface ListOptions {
  /**
   * Only files that one of these patterns matches ({@link Glob} says how they are written); each must match at least
   * one. Default: all files.
   */
  readonly include?: readonly string[];
}

interface Listing {
  /** Real path, ending in `/`. */
  readonly root: string;
  /** The patterns with wildcards; none when everything counts. */
  readonly globs: readonly Glob[] | undefined;
  readonly used: Set<Glob>;
  readonly names: Set<string>;
}

/**
 * The regular files below `root`, as names relative to it with `/` between segments, sorted by UTF-16 code unit.
 * Hidden files count. A symbolic link counts under its own name when it leads to a regular file inside `root`; every
 * other link, and every device, FIFO or socket, is an error. With `include`, what no pattern matches is not looked at.
 *
 * @throws {ArtifactError} `ERR_ARTIFACT_NOT_FOUND`, `_IO`, `_NOT_A_FILE`, `_SYMLINK_*`, `_NAME_*`, `_PATTERN`,
 * `_NO_MATCH`, `_LIMIT`
 */
export function listFiles(root: string, options: ListOptions = {}): string[] {
  const patterns = options.include?.map(parseGlob);
  const globs = patterns?.filter(({ isLiteral }) => !isLiteral);
  const listing: Listing = { root: asFolder(resolveRoot(root)), globs, used: new Set(), names: new Set() };
  if (globs?.length !== 0) walkFolder(listing, '', 0);
  addLiterals(listing, patterns?.filter(({ isLiteral }) => isLiteral) ?? []);
  for (const glob of globs ?? []) {
    if (!listing.used.has(glob)) throw noMatch(listing, glob);
  }
  const names = [...listing.names].sort();
  checkClashes(names);
  return names;
}

/** `folder` is empty or ends in `/`. */
function walkFolder(listing: Listing, folder: string, depth: number): void {
  if (depth > ARTIFACT_LIMITS.depth) {
    throw limit(listing.root, `folders nested more than ${ARTIFACT_LIMITS.depth} deep`);
  }
  for (const entry of readFolder(listing.root + folder)) {
    const name = folder + entry.name;
    if (entry.isDirectory() ? !isReached(listing, name) : !isIncluded(listing, name, entry)) continue;
    // Decoding puts U+FFFD where a name is not UTF-8; only then are the raw bytes worth a look.
    if (entry.name.includes('\uFFFD')) checkUtf8(listing.root + folder);
    if (entry.isDirectory()) walkFolder(listing, `${name}/`, depth + 1);
    else add(listing, name, entry);
  }
}

function readFolder(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    throw fromSystemError(error, path);
  }
}

function checkUtf8(folder: string): void {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (const bytes of readdirSync(folder, { encoding: 'buffer' })) {
    try {
      decoder.decode(bytes);
    } catch (cause) {
      const path = folder + bytes.toString('latin1');
      const message = `the name ${quote(path)} is not valid UTF-8 (shown as Latin-1)`;
      throw new ArtifactError('ERR_ARTIFACT_NAME_UTF8', message, { path, cause });
    }
  }
}

function isReached({ globs }: Listing, folder: string): boolean {
  return globs === undefined || globs.some((glob) => glob.matchFolder(folder));
}

function isIncluded(listing: Listing, name: string, entry: Dirent): boolean {
  if (listing.globs === undefined) return true;
  const matching = listing.globs.filter((glob) => glob.match(name));
  for (const glob of matching) listing.used.add(glob);
  // A link to a folder that a pattern reaches into would silently hide what is behind it.
  return (
    matching.length > 0 ||
    (entry.isSymbolicLink() && isReached(listing, name) && isFolder(listing.root + name))
  );
}

function add(listing: Listing, name: string, kind: FileKind): void {
  checkName(name);
  const path = listing.root + name;
  if (kind.isSymbolicLink()) resolveLink(listing.root, path);
  else checkRegular(path, kind);
  listing.names.add(name);
  if (listing.names.size > ARTIFACT_LIMITS.files) {
    throw limit(listing.root, `more than ${ARTIFACT_LIMITS.files} files`);
  }
}

/** Patterns without wildcards are looked up: a list of them must not cost a walk each. */
function addLiterals(listing: Listing, literals: readonly Glob[]): void {
  const folders = new Set<string>();
  for (const literal of literals) {
    const name = literal.pattern;
    checkName(name);
    const folder = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    const found = lookUp(listing.root + name);
    if (found === undefined || found.isDirectory()) throw noMatch(listing, literal);
    if (!folders.has(folder)) checkFolder(listing.root, folder);
    folders.add(folder);
    add(listing, name, found);
  }
}

function lookUp(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOTDIR') return undefined;
    throw fromSystemError(error, path);
  }
}

/** No folder on the way to a file may be a symbolic link. */
function checkFolder(root: string, folder: string): void {
  const path = asFolder(root + folder);
  const real = asFolder(realpathSync.native(path));
  if (real !== path) throw misplaced(root, root + folder, real);
}

function noMatch({ root }: Listing, { pattern }: Glob): ArtifactError {
  return new ArtifactError(
    'ERR_ARTIFACT_NO_MATCH',
    `the pattern ${quote(pattern)} matches no file in ${quote(root)}`,
    isFolder(root + pattern)
      ? { hint: `it is a directory; for the files in it write ${quote(`${pattern}/**`)}` }
      : {},
  );
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false; // a loop of links, or not ours to see; whatever reads it says so
  }
}

function limit(path: string, what: string): ArtifactError {
  return new ArtifactError('ERR_ARTIFACT_LIMIT', `${quote(path)}: ${what}`, { path });
}
