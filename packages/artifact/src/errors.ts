import { DanubeError } from 'in-toto-attestation';

/** Every way in which files on disk can fail to be something that may be attested. */
export const ARTIFACT_ERROR_CODES = [
  'ERR_ARTIFACT_NOT_FOUND', // no such file, or a symbolic link to nothing
  'ERR_ARTIFACT_IO', // the operating system refused
  'ERR_ARTIFACT_NOT_A_FILE', // a directory, device, FIFO or socket where a regular file is needed
  'ERR_ARTIFACT_SYMLINK_ESCAPE', // a symbolic link that leaves the directory
  'ERR_ARTIFACT_SYMLINK_LOOP', // symbolic links that lead back to themselves
  'ERR_ARTIFACT_SYMLINK_DIRECTORY', // a symbolic link to a directory
  'ERR_ARTIFACT_NAME_UTF8', // a file name that is not valid UTF-8
  'ERR_ARTIFACT_NAME_PATH', // absolute, empty or dot segments, a backslash, or a character that looks like one
  'ERR_ARTIFACT_NAME_CONTROL', // control, bidirectional or invisible characters
  'ERR_ARTIFACT_NAME_CLASH', // two names equal but for case or Unicode normalisation
  'ERR_ARTIFACT_CHANGED', // the file changed while it was read
  'ERR_ARTIFACT_PATTERN', // a glob outside the documented dialect
  'ERR_ARTIFACT_NO_MATCH', // a glob that matches no file
  'ERR_ARTIFACT_LIMIT', // more than ARTIFACT_LIMITS allows
  'ERR_ARTIFACT_OCI_LAYOUT', // not a well-formed OCI image layout
  'ERR_ARTIFACT_OCI_DIGEST', // a blob whose digest or size is not what its descriptor says
  'ERR_ARTIFACT_CHECKSUMS', // not a checksum file
  'ERR_ARTIFACT_IMAGE_REFERENCE', // not the name of a container image
] as const;

export type ArtifactErrorCode = (typeof ARTIFACT_ERROR_CODES)[number];

/** What may not be attested, and why. `path` is the file at fault, `line` the line of a checksum file (from 1). */
export class ArtifactError extends DanubeError<ArtifactErrorCode> {
  readonly path: string | undefined;
  readonly line: number | undefined;

  constructor(
    code: ArtifactErrorCode,
    message: string,
    options: {
      readonly path?: string | undefined;
      readonly line?: number | undefined;
      readonly hint?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(code, message, options);
    this.path = options.path;
    this.line = options.line;
  }
}

const REASONS: Readonly<Record<string, readonly [ArtifactErrorCode, string]>> = {
  ENOENT: ['ERR_ARTIFACT_NOT_FOUND', 'no such file'],
  ENOTDIR: ['ERR_ARTIFACT_NOT_FOUND', 'not a directory'],
  ELOOP: ['ERR_ARTIFACT_SYMLINK_LOOP', 'symbolic links that lead back to themselves'],
  EACCES: ['ERR_ARTIFACT_IO', 'permission denied'],
  EPERM: ['ERR_ARTIFACT_IO', 'operation not permitted'],
  EISDIR: ['ERR_ARTIFACT_NOT_A_FILE', 'a directory, not a file'],
  EMFILE: ['ERR_ARTIFACT_IO', 'too many open files'],
  EIO: ['ERR_ARTIFACT_IO', 'the disk reports an input/output error'],
};

/** Turns an error of `node:fs` into an `ArtifactError` that names the path; anything else passes as it is. */
export function fromSystemError(error: unknown, path: string): unknown {
  const errno = systemErrorCode(error);
  return errno === undefined ? error : fromErrno(errno, path, error);
}

export function fromErrno(errno: string, path: string, cause?: unknown): ArtifactError {
  const [code, reason] = REASONS[errno] ?? ['ERR_ARTIFACT_IO', errno];
  return new ArtifactError(code, `${quote(path)}: ${reason}`, { path, cause });
}

/** A path as it may be shown: quoted, with everything that is not plain printable text escaped. */
export function quote(path: string): string {
  return JSON.stringify(path).replaceAll(
    // Whatever could rewrite the line it is printed on, or hide in it.
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The errno name of an error of `node:fs`. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && 'syscall' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
