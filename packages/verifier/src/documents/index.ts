export { DOCUMENT_ERROR_CODES, DocumentError, type DocumentErrorCode } from './errors.ts';
export {
  openPlainTrustRoot,
  openSignedTrustRoot,
  readTrustRootEnvelope,
  refuseRollback,
  type RememberedTrustRoot,
} from './open-trust-root.ts';
export {
  encodeLock,
  lockName,
  parseLock,
  parseLockDocument,
  recordLock,
  toLock,
  weakerThan,
} from './lock/lock.ts';
export type { LockRecorder } from './lock/lock.ts';
export { lockJsonSchema, lockSchema, type LockDocument, type LockEntry } from './lock/lock-schema.ts';
export { draftPolicy, encodePolicy } from './policy/draft.ts';
export { type Explanation, explainPolicy } from './policy/explain.ts';
export { type LintWarning, lintPolicy } from './policy/lint.ts';
export {
  parsePolicyTest,
  policyTestJsonSchema,
  type PolicyTestCase,
  type PolicyTestDocument,
} from './policy/policy-test-schema.ts';
export { FIELD_RULES } from './policy/constraint.ts';
export { PatternError } from './policy/patterns.ts';
export { checkPolicyDocument, parsePolicy, parsePolicyDocument, toPolicy } from './policy/policy.ts';
export {
  POLICY_SCHEMA_ID,
  policyJsonSchema,
  policySchema,
  policySpecSchema,
  type AttestationDemand,
  type DependencySource,
  type ParameterRule,
  type PolicyDocument,
  type PolicySpec,
  type Selector,
} from './policy/schema.ts';
export {
  addBuilder,
  addKey,
  addSigstore,
  addTimestampAuthority,
  addVerifier,
  revokeKey,
  rotateKey,
  type TrustRootChange,
} from './trust-root-changes.ts';
export { imageMatcher } from './policy/selectors.ts';
export { parseYaml } from './policy/yaml.ts';
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
export { parsePackage, type Package } from './policy/selectors.ts';
