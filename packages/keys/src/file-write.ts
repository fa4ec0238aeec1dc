/** Creating key files: never over another file, and never one half of a pair. */
import { closeSync, constants, fsyncSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { KeyError } from './errors.ts';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** A file to be created. */
export interface NewFile {
  readonly path: string;
  readonly mode: number;
  readonly bytes: Uint8Array;
}

/**
 * Creates all files or none: both names are taken before a byte is written, and given back when anything fails. When
 * it returns, files and folder are on disk. Throws `KeyError` ERR_KEY_FILE_EXISTS, ERR_KEY_FILE_WRITE.
 */
export function createFiles(files: readonly NewFile[]): void {
  const created: { readonly file: NewFile; readonly descriptor: number }[] = [];
  let done = false;
  try {
    for (const file of files) created.push({ file, descriptor: createEmpty(file) });
    for (const { file, descriptor } of created) writeDurably(file, descriptor);
    for (const folder of new Set(files.map(({ path }) => dirname(path)))) syncFolder(folder);
    done = true;
  } finally {
    for (const { file, descriptor } of created) {
      closeSync(descriptor);
      if (!done) unlinkSync(file.path);
    }
  }
}

function createEmpty({ path, mode }: NewFile): number {
  try {
    return openSync(path, CREATE, mode);
  } catch (error) {
    throw writeError(path, error);
  }
}

function writeDurably({ path, bytes }: NewFile, descriptor: number): void {
  try {
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
  } catch (error) {
    throw writeError(path, error);
  }
}

/** Without it the new names may be gone after a power failure, even though the files' contents are not. */
function syncFolder(folder: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(folder, constants.O_RDONLY);
    fsyncSync(descriptor);
  } catch (error) {
    throw writeError(folder, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function writeError(path: string, cause: unknown): KeyError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  if (code === 'EEXIST') {
    return new KeyError('ERR_KEY_FILE_EXISTS', `${path} exists, and a key is never overwritten`, {
      hint: 'choose another path, or move the old key away first',
    });
  }
  return new KeyError('ERR_KEY_FILE_WRITE', `${path} cannot be written (${code})`, {
    ...(code === 'ENOENT' && { hint: `create the folder first: mkdir -m 700 ${dirname(path)}` }),
    cause,
  });
}
