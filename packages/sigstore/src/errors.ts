import { DanubeError } from 'in-toto-attestation';

/** Every way in which a Sigstore bundle can fail to prove who signed it and when. */
export const SIGSTORE_ERROR_CODES = [
  'ERR_SIGSTORE_ROOT', // the trusted root cannot be read, or names no authority
  'ERR_SIGSTORE_BUNDLE', // the bundle is not one that can be verified
  'ERR_SIGSTORE_CERTIFICATE', // no trusted authority issued the certificate for this use, time and log
  'ERR_SIGSTORE_KEY', // the bundle was signed by a key that the caller did not give
  'ERR_SIGSTORE_SIGNATURE', // the signature is not over these bytes by this signer
  'ERR_SIGSTORE_TRANSPARENCY', // no trusted log holds an entry for this signature, signer and content
  'ERR_SIGSTORE_TIME', // nothing proves when it was signed
] as const;

/** The `code` of a {@link SigstoreError}. */
export type SigstoreErrorCode = (typeof SIGSTORE_ERROR_CODES)[number];

/** A bundle that proves nothing, or a trusted root that cannot be used. */
export class SigstoreError extends DanubeError<SigstoreErrorCode> {}
