import { DanubeError } from 'in-toto-attestation';

/** Every way in which signing can fail, other than by the key itself (`KeyError`). */
export const SIGN_ERROR_CODES = [
  'ERR_SIGN_KEY_URI', // a key URI of no scheme we know, or malformed
  'ERR_SIGN_LIMIT', // longer than the key signs, or more than an envelope holds
  'ERR_SIGN_DUPLICATE_KEY', // the key has signed this envelope already
  'ERR_SIGN_BACKEND', // the key backend failed or broke its contract
  'ERR_SIGN_SELF_CHECK', // what the backend returned is not the pinned key's signature
] as const;

/** The `code` of a {@link SignError}. */
export type SignErrorCode = (typeof SIGN_ERROR_CODES)[number];

/** A signature that was not made. There is no envelope then, not even a partial one. */
export class SignError extends DanubeError<SignErrorCode> {}
