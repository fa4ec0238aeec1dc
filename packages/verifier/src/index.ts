export type { CertificateClaims, CertificateProof, ProvenSigner } from './certificate.ts';
export { ExpectationError, VERIFICATION_ERROR_CODES, VerificationError } from './errors.ts';
export type { VerificationErrorCode } from './errors.ts';
export { COMPARED_GROUPS, compareBuilds } from './comparison.ts';
export type { ComparedGroup, Comparison, Difference } from './comparison.ts';
export { createVerifier, evaluateProvenance, verifyProvenance } from './evaluate.ts';
export type { Question, Verification, Verifier } from './evaluate.ts';
export { digestAlgorithms, loadEvidence } from './evidence.ts';
export type { Evidence, EvidenceFile, EvidenceItem } from './evidence.ts';
export type { Expectations, ExpectedSummary } from './expectations.ts';
export type { Proofs } from './judging.ts';
export { npmPackageUrl } from './npm-package.ts';
export type { NpmPackage, PublicationProof, RegistryKey } from './npm-package.ts';
export type { ArtifactInput } from './matching.ts';
export type { Follow } from './follow.ts';
export type { Lock, Neighbour, Policy, PolicyInput } from './policy.ts';
export { printable } from './printable.ts';
export { dependencyTrees } from './dependency-tree.ts';
export type { DependencyBranch, DependencyTree } from './dependency-tree.ts';
export { CHECK_IDS, TOOL, isFollowed, reportJson } from './report.ts';
export type {
  ArtifactReport,
  AttestationJson,
  AttestationReport,
  Check,
  CheckId,
  CheckStatus,
  DependencyJson,
  DependencyReport,
  Finding,
  PolicyCheckId,
  PolicyRuleId,
  Report,
  ReportJson,
  Tool,
  Verdict,
} from './report.ts';
export { CLOCK_SKEW_SECONDS } from './time-checks.ts';
export { findContradiction } from './trust-contradictions.ts';
export type { SignatureProofs } from './signature-proofs.ts';
export type { ProvenTime, TimeProof } from './signing-time.ts';
export type { Contradiction } from './trust-contradictions.ts';
export { findTrustedKey, findVerifier, usableKeys } from './trust-root.ts';
export type {
  OpenedTrustRoot,
  TimestampAuthority,
  TrustRoot,
  TrustedBuilder,
  TrustedCertificate,
  TrustedKey,
  TrustedSigstore,
  TrustedVerifier,
} from './trust-root.ts';
export { buildVerificationSummary } from './verification-summary.ts';
export type { SummaryFacts } from './verification-summary.ts';
