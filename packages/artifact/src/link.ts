import { realpathSync, statSync, type Dirent } from 'node:fs';
import { ArtifactError, fromSystemError, quote } from './errors.ts';

/** What `node:fs` knows of the kind of a file. */
export type FileKind = Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket'>;

/** The real path of a directory. @throws {ArtifactError} `ERR_ARTIFACT_NOT_FOUND`, `_IO`, `_SYMLINK_LOOP` */
export function resolveRoot(root: string): string {
  const [path, kind] = follow(root);
  if (kind.isDirectory()) return path;
  throw new ArtifactError('ERR_ARTIFACT_NOT_FOUND', `${quote(root)}: not a directory`, { path: root });
}

/**
 * The regular file inside `root` (a real path) that the symbolic link at `path` leads to.
 *
 * @throws {ArtifactError} `ERR_ARTIFACT_SYMLINK_ESCAPE`, `_SYMLINK_LOOP`, `_SYMLINK_DIRECTORY`, `_NOT_FOUND`,
 * `_NOT_A_FILE`, `_IO`
 */
export function resolveLink(root: string, path: string): string {
  const [target, kind] = followLink(path);
  if (!isInside(root, target)) throw escape(path, target);
  if (kind.isDirectory()) throw linkToDirectory(path);
  checkRegular(path, kind);
  return target;
}

function followLink(path: string): [string, FileKind] {
  try {
    return follow(path);
  } catch (cause) {
    if (!(cause instanceof ArtifactError && cause.code === 'ERR_ARTIFACT_NOT_FOUND')) throw cause;
    const message = `${quote(path)}: a symbolic link that leads to nothing`;
    throw new ArtifactError(cause.code, message, { path, cause });
  }
}

/** Where a path leads, and to what kind of file. @throws {ArtifactError} `ERR_ARTIFACT_NOT_FOUND`, `_IO`, `_SYMLINK_LOOP` */
export function follow(path: string): [string, FileKind] {
  try {
    const target = realpathSync.native(path);
    return [target, statSync(target)];
  } catch (error) {
    throw fromSystemError(error, path);
  }
}

/** What is put in front of the names in a folder. */
export function asFolder(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

function isInside(root: string, path: string): boolean {
  return path.startsWith(asFolder(root));
}

/** The error for a folder below `root` that really is another, because a folder on the way is a symbolic link. */
export function misplaced(root: string, folder: string, real: string): ArtifactError {
  return isInside(root, real) ? linkToDirectory(folder) : escape(folder, real);
}

function escape(path: string, target: string): ArtifactError {
  return new ArtifactError(
    'ERR_ARTIFACT_SYMLINK_ESCAPE',
    `${quote(path)}: a symbolic link that leaves the directory, to ${quote(target)}`,
    { path },
  );
}

function linkToDirectory(path: string): ArtifactError {
  return new ArtifactError(
    'ERR_ARTIFACT_SYMLINK_DIRECTORY',
    `${quote(path)}: a symbolic link to a directory, whose files would count twice`,
    { path, hint: 'leave it out with include patterns, or put a copy in its place' },
  );
}

/** @throws {ArtifactError} `ERR_ARTIFACT_NOT_A_FILE` */
export function checkRegular(path: string, kind: FileKind): void {
  if (kind.isFile()) return;
  throw new ArtifactError(
    'ERR_ARTIFACT_NOT_A_FILE',
    `${quote(path)}: ${nameOf(kind)}, where a regular file is needed`,
    { path },
  );
}

function nameOf(kind: FileKind): string {
  if (kind.isDirectory()) return 'a directory';
  if (kind.isFIFO()) return 'a FIFO';
  return kind.isSocket() ? 'a socket' : 'a device';
}
