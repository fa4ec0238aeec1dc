import { DanubeError } from 'in-toto-attestation';

/** Every way in which storing or reading attestations can fail. */
export const STORE_ERROR_CODES = [
  'ERR_STORE_JOB_ID', // not a plain name
  'ERR_STORE_FILE_NAME', // not a plain name ending in .json or .jsonl
  'ERR_STORE_NOT_FOUND', // no such job, image or attestation
  'ERR_STORE_CONFLICT', // the job already holds that file with other bytes
  'ERR_STORE_LIMIT', // something larger, or more of it, than the limits allow
  'ERR_STORE_IO', // the operating system refused
  'ERR_STORE_UNAVAILABLE', // a service gives no answer now: the only code that is transient
  'ERR_STORE_DENIED', // a service refuses every credential there is
  'ERR_STORE_REFUSED', // we refuse to ask: a host, scheme, redirect or token server that is not allowed
  'ERR_STORE_DIGEST', // content that has not the digest or size that was asked for
  'ERR_STORE_PROTOCOL', // an answer outside the service's specification
  'ERR_STORE_CREDENTIALS', // credentials that cannot be read
] as const;

export type StoreErrorCode = (typeof STORE_ERROR_CODES)[number];

/** What could not be stored or read, and why. `path` is the file or directory at fault. */
export class StoreError extends DanubeError<StoreErrorCode> {
  readonly path: string | undefined;

  constructor(
    code: StoreErrorCode,
    message: string,
    options: { readonly path?: string; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(code, message, options);
    this.path = options.path;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'a directory is in the way',
  ELOOP: 'a symbolic link is in the way',
  EMFILE: 'too many open files',
  EIO: 'the disk reports an input/output error',
};

const HINTS: Readonly<Record<string, string>> = {
  EPERM: 'the file system must allow hard links',
  ENOTSUP: 'the file system must allow hard links',
  EOPNOTSUPP: 'the file system must allow hard links',
};

/** Turns an error of `node:fs` into ERR_STORE_IO with path and reason; anything else passes as it is. */
export function fromSystemError(error: unknown, path: string): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  const hint = isLink(error) ? HINTS[code] : undefined;
  return new StoreError('ERR_STORE_IO', `${JSON.stringify(path)}: ${REASONS[code] ?? code}`, {
    path,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The errno name of an error of `node:fs`. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && 'syscall' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

function isLink(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'link';
}
