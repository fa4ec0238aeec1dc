/** Files that the caller names: read whole, with a limit; written whole, or not at all. */
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CliError } from './exit-code.ts';
import { holdSignals } from './interruption.ts';
import { isErrno, STDIN, STDOUT, writeAll } from './terminal.ts';

const CHUNK = 64 * 1024;

/**
 * The bytes of a file, a pipe or, for `-`, standard input.
 *
 * @throws CliError ERR_IO, also when there are more than `maxBytes`.
 */
export function readInput(path: string, maxBytes: number): Uint8Array {
  const bytes = readUpTo(path, maxBytes + 1);
  if (bytes.length > maxBytes) throw new CliError('ERR_IO', `${path} is larger than ${maxBytes} bytes`);
  return bytes;
}

/**
 * The first bytes, at most so many, of a file, a pipe or, for `-`, standard input. Who reads thousands of files, none of
 * them secret, has them read through one `buffer`: what fits into it is not copied, and holds until the next is read.
 *
 * @throws CliError ERR_IO
 */
export function readUpTo(path: string, maxBytes: number, buffer?: Buffer): Uint8Array {
  const fd = path === '-' ? STDIN : openForReading(path);
  try {
    const name = path === '-' ? 'standard input' : path;
    return readAll(fd, name, maxBytes, buffer ?? Buffer.allocUnsafeSlow(CHUNK));
  } finally {
    if (fd !== STDIN) closeSync(fd);
  }
}

function openForReading(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY);
  } catch (error) {
    throw fromErrno('read', path, error);
  }
}

function readAll(fd: number, name: string, maxBytes: number, buffer: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const room = buffer.subarray(0, maxBytes - total);
    const chunk = room.subarray(0, fill(fd, name, room));
    total += chunk.length;
    const isLast = chunk.length < buffer.length;
    if (isLast && chunks.length === 0) return chunk;
    chunks.push(Buffer.from(chunk));
    if (isLast) return Buffer.concat(chunks, total);
  }
}

/** Reads until the buffer is full, or nothing is left. */
function fill(fd: number, name: string, buffer: Buffer): number {
  let filled = 0;
  let count: number;
  do {
    count = readSome(fd, buffer.subarray(filled), name);
    filled += count;
  } while (count > 0 && filled < buffer.length);
  return filled;
}

function readSome(fd: number, chunk: Buffer, name: string): number {
  for (;;) {
    try {
      return readSync(fd, chunk);
    } catch (error) {
      // A terminal that ended, on Windows; and an input that another program made non-blocking.
      if (isErrno(error, 'EOF')) return 0;
      if (!isErrno(error, 'EAGAIN')) throw fromErrno('read', name, error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}

/**
 * Writes a file under a temporary name and renames it, so that nobody ever sees half of it; `-` is standard output.
 * What is no regular file (a pipe, `/dev/stdout`) is written to as it is.
 *
 * @throws CliError ERR_IO
 */
export function writeOutput(path: string, data: string | Uint8Array): void {
  if (path === '-') return writeAll(STDOUT, data);
  try {
    const present = statSync(path, { throwIfNoEntry: false });
    if (present !== undefined && !present.isFile()) writeInPlace(path, data);
    else replaceFile(present === undefined ? path : realpathSync(path), data, present);
  } catch (error) {
    throw isErrno(error, 'EPIPE') ? error : fromErrno('write', path, error);
  }
}

function writeInPlace(path: string, data: string | Uint8Array): void {
  const fd = openSync(path, constants.O_WRONLY);
  try {
    writeAll(fd, data);
  } finally {
    closeSync(fd);
  }
}

function replaceFile(path: string, data: string | Uint8Array, present: Stats | undefined): void {
  holdSignals();
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${Date.now().toString(36)}.tmp`);
  const fd = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666);
  try {
    writeAll(fd, data);
    if (present !== undefined) fchmodSync(fd, present.mode);
    fsyncSync(fd);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  syncFolder(dirname(path));
}

function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'too many symbolic links',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
};

/** An error of the operating system in words, as ERR_IO; anything else as it is. */
export function fromErrno(verb: 'read' | 'write', path: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !('code' in cause) || typeof cause.code !== 'string') return cause;
  return new CliError('ERR_IO', `cannot ${verb} ${path}: ${REASONS[cause.code] ?? cause.message}`, { cause });
}
