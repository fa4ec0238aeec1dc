import { DanubeError } from 'in-toto-attestation';

/** Every way in which signing can fail, other than by the key itself (`KeyError`). */
export const SIGN_ERROR_CODES = [
  'ERR_SIGN_KEY_URI', // a key URI of no scheme we know, or malformed
  'ERR_SIGN_LIMIT', // longer than the key signs, or more than an envelope holds
  'ERR_SIGN_DUPLICATE_KEY', // the key has signed this envelope already
  'ERR_SIGN_BACKEND', // the key backend failed or broke its contract
  'ERR_SIGN_SELF_CHECK', // what the backend returned is not the pinned key's signature
  'ERR_SIGN_KEY', // the key is not there, not enabled, not for signing, or not the one that was pinned
  'ERR_SIGN_DENIED', // the service knows who asks, and refuses; or does not take the credential
  'ERR_SIGN_UNAVAILABLE', // the service cannot be reached, is too slow, throttles or fails; later it may not
  'ERR_SIGN_ENDPOINT', // an address that a credential or a message must not be sent to
  'ERR_SIGN_CREDENTIALS', // no credential is to be had, or it is not what its mode needs
  'ERR_SIGN_CONFIG', // a configuration or secret reference that cannot be used
  'ERR_SIGN_DEPENDENCY', // a program or optional package that the key needs is not installed
] as const;

/** The `code` of a {@link SignError}. */
export type SignErrorCode = (typeof SIGN_ERROR_CODES)[number];

/** A signature that was not made. There is no envelope then, not even a partial one. */
export class SignError extends DanubeError<SignErrorCode> {}
