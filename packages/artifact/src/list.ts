import { readdirSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { ArtifactError, fromSystemError, quote } from './errors.ts';
import { parseGlob, type Glob } from './glob.ts';
import { ARTIFACT_LIMITS } from './limits.ts';
import { checkRegular, resolveLink, resolveRoot } from './link.ts';
import { checkClashes, checkName } from './name.ts';

export interface ListOptions {
  /** Only files that match one of these globs (dialect: `Glob`); each must match at least one. Default: all files. */
  readonly include?: readonly string[];
}

interface Walk {
  readonly root: string;
  readonly globs: readonly Glob[] | undefined;
  readonly used: Set<Glob>;
  readonly names: string[];
}

/**
 * The regular files below `root`, as names relative to it with `/` between segments, sorted by UTF-16 code unit.
 * Hidden files count. A symbolic link counts under its own name when it leads to a regular file inside `root`; every
 * other link, and every device, FIFO or socket, is an error. With `include`, what no glob matches is not looked at.
 *
 * @throws ArtifactError NOT_FOUND, IO, NOT_A_FILE, SYMLINK_*, NAME_*, PATTERN, NO_MATCH, LIMIT
 */
export function listFiles(root: string, options: ListOptions = {}): string[] {
  const globs = options.include?.map(parseGlob);
  const walk: Walk = { root: resolveRoot(root), globs, used: new Set(), names: [] };
  walkFolder(walk, '', 0);
  for (const glob of globs ?? []) {
    if (!walk.used.has(glob)) throw noMatch(walk.root, glob);
  }
  const names = walk.names.sort();
  checkClashes(names);
  return names;
}

function walkFolder(walk: Walk, folder: string, depth: number): void {
  if (depth > ARTIFACT_LIMITS.depth)
    throw limit(walk.root, `more than ${ARTIFACT_LIMITS.depth} nested folders`);
  for (const entry of readFolder(join(walk.root, folder))) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (walk.globs?.some((glob) => glob.matchFolder(name)) ?? true) walkFolder(walk, name, depth + 1);
    } else if (isIncluded(walk, name, entry.isSymbolicLink())) {
      checkEntry(walk, name, entry);
      walk.names.push(name);
      if (walk.names.length > ARTIFACT_LIMITS.files)
        throw limit(walk.root, `more than ${ARTIFACT_LIMITS.files} files`);
    }
  }
}

function readFolder(path: string): Dirent[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    // Decoding puts U+FFFD where a name is not UTF-8; only then are the raw bytes worth a second look.
    if (entries.some((entry) => entry.name.includes('\uFFFD'))) checkUtf8(path);
    return entries;
  } catch (error) {
    throw fromSystemError(error, path);
  }
}

function checkUtf8(path: string): void {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (const bytes of readdirSync(path, { encoding: 'buffer' })) {
    try {
      decoder.decode(bytes);
    } catch (cause) {
      const shown = join(path, bytes.toString('latin1'));
      const message = `the name ${quote(shown)} is not valid UTF-8 (shown as Latin-1)`;
      throw new ArtifactError('ERR_ARTIFACT_NAME_UTF8', message, { path: shown, cause });
    }
  }
}

function isIncluded(walk: Walk, name: string, isLink: boolean): boolean {
  if (walk.globs === undefined) return true;
  const matching = walk.globs.filter((glob) => glob.match(name));
  for (const glob of matching) walk.used.add(glob);
  // A link to a folder that a glob reaches into would silently hide what is behind it.
  return matching.length > 0 || (isLink && leadsToFolder(walk, name));
}

function leadsToFolder(walk: Walk, name: string): boolean {
  const reached = walk.globs?.some((glob) => glob.matchFolder(name)) ?? false;
  return reached && (statSync(join(walk.root, name), { throwIfNoEntry: false })?.isDirectory() ?? false);
}

function checkEntry(walk: Walk, name: string, entry: Dirent): void {
  checkName(name);
  if (entry.isFile()) return;
  const path = join(walk.root, name);
  if (entry.isSymbolicLink()) resolveLink(walk.root, path);
  else checkRegular(path, entry);
}

function noMatch(root: string, glob: Glob): ArtifactError {
  const path = join(root, glob.pattern);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return new ArtifactError(
    'ERR_ARTIFACT_NO_MATCH',
    `the pattern ${quote(glob.pattern)} matches no file in ${quote(root)}`,
    isFolder ? { hint: `it is a directory; for the files in it write ${quote(`${glob.pattern}/**`)}` } : {},
  );
}

function limit(path: string, what: string): ArtifactError {
  return new ArtifactError('ERR_ARTIFACT_LIMIT', `${quote(path)}: ${what}`, { path });
}
