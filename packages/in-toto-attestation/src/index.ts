export { ACCEPTED, HASH_ALGORITHMS, digestOf, matchDigestSets, parseDigestSet } from './digest-set.ts';
export type { DigestSet } from './digest-set.ts';
export { parseAttestations } from './attestations.ts';
export type { Attestation, Attestations, BrokenAttestation } from './attestations.ts';
export { decodeBase64, encodeBase64 } from './base64.ts';
export type { Base64Padding } from './base64.ts';
export {
  PAYLOAD_TYPE,
  encodeEnvelope,
  envelopeJson,
  matchStatementPayloadType,
  pae,
  parseEnvelope,
  readEnvelope,
} from './envelope.ts';
export type { Envelope, Signature } from './envelope.ts';
export { DanubeError, MALFORMED_CODES, MalformedError } from './errors.ts';
export type { MalformedCode } from './errors.ts';
export {
  asArray,
  asObject,
  asString,
  member,
  missing,
  optional,
  optionalList,
  optionalString,
  readBytes,
  readList,
  readStringMap,
  readStrings,
  readTypeUri,
  required,
  requiredList,
  requiredObject,
  requiredString,
  unknownFields,
  withDefined,
  wrongType,
} from './fields.ts';
export type { Read } from './fields.ts';
export { decodeHex, encodeHex, matchHex } from './hex.ts';
export { joinPointer } from './json-check.ts';
export { encodeJsonLines, parseJsonLines } from './json-lines.ts';
export type { JsonLine } from './json-lines.ts';
export { encodeJson, isJsonArray, isJsonObject, parseJson } from './json.ts';
export type { JsonLimits, JsonObject, JsonValue } from './json.ts';
export { LIMITS } from './limits.ts';
export { PROVENANCE_V02, PROVENANCE_V1, encodeProvenance, parseProvenance } from './provenance.ts';
export type { BuildDefinition, BuildMetadata, Builder, Provenance, RunDetails } from './provenance.ts';
export { encodeResourceDescriptor, readResourceDescriptor } from './resource-descriptor.ts';
export type { ResourceDescriptor } from './resource-descriptor.ts';
export {
  SIGSTORE_BUNDLE_V03,
  encodeSigstoreBundle,
  parseSigstoreBundle,
  certificateBundle,
  publicKeyBundle,
  readSigstoreBundle,
} from './sigstore-bundle.ts';
export type {
  MessageSignature,
  SigstoreBundle,
  SigstoreBundleVersion,
  VerificationMaterial,
} from './sigstore-bundle.ts';
export { STATEMENT_V01, STATEMENT_V1, encodeStatement, parseStatement, readStatement } from './statement.ts';
export type { Statement, Subject } from './statement.ts';
export { matchOffsetTimestamp, matchTimestamp, readOffsetTimestamp, readTimestamp } from './timestamp.ts';
export type { InclusionProof, TransparencyLogEntry } from './transparency-log-entry.ts';
export { CYCLONEDX_BOM, encodeCycloneDxBom, matchCycloneDxType, parseCycloneDxBom } from './cyclonedx.ts';
export type { CycloneDxBom } from './cyclonedx.ts';
export { LINK_V03, encodeLink, parseLink, requireUniqueNames } from './link.ts';
export type { Link } from './link.ts';
export { parsePredicate } from './predicate.ts';
export type { Predicate } from './predicate.ts';
export { RELEASE_V01, RELEASE_V02, encodeRelease, parseRelease } from './release.ts';
export type { Release } from './release.ts';
export { SCAI_V02, SCAI_V03, encodeAttributeReport, parseAttributeReport } from './scai.ts';
export type { Attribute, AttributeReport } from './scai.ts';
export { SPDX_DOCUMENT, SPDX_V3, encodeSpdxDocument, matchSpdxType, parseSpdxDocument } from './spdx.ts';
export type { SpdxDocument } from './spdx.ts';
export { TEST_RESULT_V01, encodeTestResult, parseTestResult } from './test-result.ts';
export type { TestResult } from './test-result.ts';
export { VSA_V1, encodeVerificationSummary, parseVerificationSummary } from './verification-summary.ts';
export type { VerificationSummary, Verifier } from './verification-summary.ts';
export { VULNS_V02, encodeVulnerabilityScan, parseVulnerabilityScan } from './vulns.ts';
export type { Scanner, Severity, Vulnerability, VulnerabilityScan } from './vulns.ts';
