import { DanubeError } from 'in-toto-attestation';

/** Every way in which reading, writing or opening a key can fail. */
export const KEY_ERROR_CODES = [
  'ERR_KEY_FORMAT', // not exactly one key in a form we read
  'ERR_KEY_SLOT', // a private key where a public one belongs, or the other way round
  'ERR_KEY_ALGORITHM', // a key of an algorithm that is not used here
  'ERR_KEY_POINT', // a public key that is not a point we trust: off the curve, not canonical, of small order
  'ERR_KEY_MISMATCH', // the public half is not the private half's
  'ERR_KEY_DELEGATION', // the certificate of a delegated key is by none of the trusted keys
  'ERR_KEY_PASSPHRASE_REQUIRED', // the key is encrypted and no passphrase was given
  'ERR_KEY_PASSPHRASE', // the passphrase does not open the key
  'ERR_KEY_LIMIT', // larger, or dearer to decrypt, than we are ready to pay for
  'ERR_KEY_FILE_READ', // the file cannot be opened or read
  'ERR_KEY_FILE_REFUSED', // the file is not safe to take a private key from
  'ERR_KEY_FILE_EXISTS', // a key would overwrite a file
  'ERR_KEY_FILE_WRITE', // the file cannot be written
] as const;

/** The `code` of a {@link KeyError}. */
export type KeyErrorCode = (typeof KEY_ERROR_CODES)[number];

/** A key that cannot be read, trusted, opened or written. Neither message nor hint ever holds key material. */
export class KeyError extends DanubeError<KeyErrorCode> {}
