/**
 * Opening key files. Everything is asked of the open descriptor, never of the path again, so that what was checked is
 * what is read. The order is: open without following a link or waiting for a pipe, look, then read up to a limit.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
  type Stats,
} from 'node:fs';
import { dirname, sep } from 'node:path';
import { KeyError } from './errors.ts';
import { MAX_KEY_BYTES } from './limits.ts';
import { copySecret, wipe } from './secret.ts';

/** Something about a key file that deserves a look, but does not keep the key from being used. */
export interface KeyFileWarning {
  readonly code: 'parent-writable' | 'hard-linked' | 'unchecked';
  readonly message: string;
  readonly hint: string;
}

/** Why a file is not one to take a private key from. */
export interface KeyFileFlaw {
  readonly message: string;
  readonly hint: string;
}

/** What was found when a key file was opened. `bytes` may be a secret, and is for the caller to wipe. */
export interface OpenedKeyFile {
  readonly bytes: Uint8Array;
  readonly stats: Stats;
}

/**
 * Reads a file of at most 16 KiB after `check` has looked at its descriptor's stats. Throws `KeyError`
 * ERR_KEY_FILE_READ, ERR_KEY_FILE_REFUSED (not a regular file, a symbolic link where none is followed), ERR_KEY_LIMIT.
 */
export function readKeyFile(
  path: string,
  options: { readonly followLinks: boolean; readonly check?: (stats: Stats) => void },
): OpenedKeyFile {
  const descriptor = openKeyFile(path, options.followLinks);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw refused(path, notRegular(stats));
    options.check?.(stats);
    if (stats.size > MAX_KEY_BYTES) throw new KeyError('ERR_KEY_LIMIT', `${path} is too large to be a key`);
    return { bytes: readUpTo(descriptor, path), stats };
  } finally {
    closeSync(descriptor);
  }
}

function openKeyFile(path: string, followLinks: boolean): number {
  // Windows has neither flag, and no symbolic link that an ordinary user could plant.
  const noFollow = followLinks ? 0 : (constants.O_NOFOLLOW ?? 0);
  try {
    return openSync(path, constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ELOOP') throw refused(path, SYMLINK);
    if (code === 'ENXIO') throw refused(path, notRegular(undefined));
    throw unreadable(path, error);
  }
}

/** Reads to the end, which must come within the limit even when the file grows meanwhile. */
function readUpTo(descriptor: number, path: string): Uint8Array {
  const buffer = new Uint8Array(MAX_KEY_BYTES + 1);
  let length = 0;
  try {
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(descriptor, buffer, length, buffer.length - length, null);
    }
    if (length > MAX_KEY_BYTES) throw new KeyError('ERR_KEY_LIMIT', `${path} is too large to be a key`);
    return copySecret(buffer.subarray(0, length));
  } catch (error) {
    throw error instanceof KeyError ? error : unreadable(path, error);
  } finally {
    wipe(buffer);
  }
}

const SYMLINK: KeyFileFlaw = {
  message: 'is a symbolic link',
  hint: 'give the path it points to; for a mounted Kubernetes secret, --allow-mounted-key',
};

function notRegular(stats: Stats | undefined): KeyFileFlaw {
  const kind = stats?.isDirectory()
    ? 'a directory'
    : stats?.isFIFO()
      ? 'a named pipe'
      : stats === undefined || stats.isSocket()
        ? 'a socket'
        : 'a device';
  return { message: `is ${kind}, not a file`, hint: 'give the path of a regular file' };
}

/** Why the owner or mode of a private key file is not acceptable; nothing where the system has no such thing. */
export function permissionFlaws(path: string, stats: Stats, mounted: boolean): KeyFileFlaw[] {
  const user = process.geteuid?.();
  if (user === undefined) return [];
  const flaws: KeyFileFlaw[] = [];
  if (stats.uid !== user && stats.uid !== 0) {
    flaws.push({
      message: `belongs to user ${stats.uid}, who can change it`,
      hint: `make it yours: chown ${user} ${path}`,
    });
  }
  const mode = stats.mode & 0o777;
  if ((mode & (mounted ? 0o037 : 0o077)) !== 0) flaws.push(openMode(path, mode, mounted));
  return flaws;
}

function openMode(path: string, mode: number, mounted: boolean): KeyFileFlaw {
  return {
    message: `can be read or changed by others (mode ${formatMode(mode)})`,
    hint: mounted
      ? 'set defaultMode: 0400 (or 0440) on the volume'
      : `chmod 600 ${path}; for a mounted Kubernetes secret of mode 0440, --allow-mounted-key`,
  };
}

/** Every reason why a private key would not be taken from the file at this path. */
export function fileFlaws(path: string, stats: Stats): KeyFileFlaw[] {
  const link = lstatSync(path).isSymbolicLink() ? [SYMLINK] : [];
  return [...link, ...permissionFlaws(path, stats, false)];
}

/** `0600` and the like. */
export function formatMode(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

/** What is worth telling about a private key's file and folder. */
export function fileWarnings(path: string, stats: Stats): KeyFileWarning[] {
  const warnings: KeyFileWarning[] = [];
  if (process.geteuid === undefined) {
    warnings.push({
      code: 'unchecked',
      message: `who may read ${path} is not checked on this system`,
      hint: 'keep it where only you can read it',
    });
  }
  const folder = dirname(path);
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) {
    warnings.push({
      code: 'parent-writable',
      message: `others can write to ${folder} (mode ${formatMode(mode)}) and put another key in its place`,
      hint: `chmod go-w ${folder}`,
    });
  }
  if (stats.nlink > 1) {
    warnings.push({
      code: 'hard-linked',
      message: `${path} has ${stats.nlink} hard links: the same key is reachable by another path`,
      hint: 'find and remove the other name',
    });
  }
  return warnings;
}

/**
 * The file behind a path in a Kubernetes mount, where keys are links through `..data`: resolved once, and it must stay
 * within the mount.
 */
export function resolveMounted(path: string): string {
  try {
    const mount = realpathSync(dirname(path));
    const target = realpathSync(path);
    if (target.startsWith(mount.endsWith(sep) ? mount : mount + sep)) return target;
    throw refused(path, {
      message: 'is a symbolic link out of its folder',
      hint: 'give the path it points to',
    });
  } catch (error) {
    if (error instanceof KeyError) throw error;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): KeyError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  return new KeyError('ERR_KEY_FILE_READ', `${path} cannot be read (${code})`, { cause });
}

/** The refusal of a file. */
export function refused(path: string, flaw: KeyFileFlaw): KeyError {
  return new KeyError('ERR_KEY_FILE_REFUSED', `${path} ${flaw.message}`, { hint: flaw.hint });
}
