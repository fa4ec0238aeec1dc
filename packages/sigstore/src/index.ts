export type { CertificateClaims } from './claims.ts';
export { SIGSTORE_ERROR_CODES, SigstoreError, type SigstoreErrorCode } from './errors.ts';
export { hasCertificate, verifyUnloggedEnvelope } from './unlogged-envelope.ts';
export type { CertificateSigner, KeySigner, ProvenTime } from './signer.ts';
export {
  type NamedRoot,
  parseTrustedRoot,
  type SigstoreInstance,
  type SigstoreRoot,
  type Thresholds,
} from './trusted-root.ts';
export {
  readTimestampAuthorities,
  type TimestampAuthority,
  type TimestampAuthorityInput,
  type TimestampRoot,
} from './timestamp-authority.ts';
export { buildTimestampRequest, checkTimestampResponse, NONCE_BYTES } from './timestamp-request.ts';
export { type TimestampFindings, verifyTimestamp, verifyTimestamps } from './timestamp.ts';
export { type LogRoot, verifyLogTimes } from './log-time.ts';
export { verifySigstoreBundle, type BundleContext } from './verify-bundle.ts';
export {
  proveByInstances,
  proveCertificate,
  proveEach,
  proveTimes,
  type CertificateProof,
  type Provable,
  type ProvenSigner,
  type TimeProof,
  type TimeRoot,
} from './prove.ts';
