export { DOCUMENT_ERROR_CODES, DocumentError, type DocumentErrorCode } from './errors.ts';
export {
  openPlainTrustRoot,
  openSignedTrustRoot,
  readTrustRootEnvelope,
  refuseRollback,
  type RememberedTrustRoot,
} from './open-trust-root.ts';
export { parseTrustRoot, parseTrustRootDocument, toTrustRoot } from './trust-root.ts';
export {
  TRUST_ROOT_PAYLOAD_TYPE,
  trustRootJsonSchema,
  trustRootSchema,
  type TimestampAuthorityEntry,
  type TrustedBuilderEntry,
  type TrustedKeyEntry,
  type TrustedVerifierEntry,
  type TrustRootDocument,
} from './trust-root-schema.ts';
