import { DanubeError } from 'in-toto-attestation';
import { printable } from '../text.ts';

export const LOCK_FILE_ERROR_CODES = [
  'ERR_LOCK_FILE', // a lock file that is none, or of a kind or version that is not read
] as const;

/** A lock file whose dependencies cannot be told. The message has the file's name and the place in it. */
export class LockFileError extends DanubeError<(typeof LOCK_FILE_ERROR_CODES)[number]> {
  constructor(
    file: string,
    place: string,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super('ERR_LOCK_FILE', printable(`${file}: ${place === '' ? '' : `${place}: `}${message}`), options);
  }
}
