import { OCI_LAYOUT_VECTORS } from './oci-layout-vectors.ts';
import { BUILD_VECTORS } from './build-vectors.ts';
import { CHECKSUMS_VECTORS } from './checksums-vectors.ts';
import { IMAGE_REFERENCE_VECTORS } from './image-reference-vectors.ts';
import { KEY_FILE_VECTORS } from './key-file-vectors.ts';
import { PUBLIC_KEY_VECTORS } from './public-key-vectors.ts';
import { PRIVATE_KEY_VECTORS } from './private-key-vectors.ts';
import { JSON_VECTORS } from './json-vectors.ts';
import { FORMAT_VECTORS } from './format-vectors.ts';
import { JOB_RECORD_VECTORS } from './job-record-vectors.ts';
import { SECRETS_VECTORS } from './secrets-vectors.ts';
import { SIGN_VECTORS } from './sign-vectors.ts';
import { SIGNATURE_VECTORS } from './signature-vectors.ts';
import { STORE_VECTORS } from './store-vectors.ts';
import { TREE_VECTORS } from './tree-vectors.ts';
import type { Vector } from './vector.ts';
import { AGE_VECTORS } from './verify-age.ts';
import { DIRECTORY_VECTORS } from './verify-directory.ts';
import { ENVELOPE_VECTORS } from './verify-envelope.ts';
import { EVIDENCE_VECTORS } from './verify-evidence.ts';
import { COMPLETE_VECTORS, IDENTITY_VECTORS } from './verify-identity.ts';
import { MISTAKE_VECTORS } from './verify-mistakes.ts';
import { PARAMETER_VECTORS } from './verify-parameters.ts';
import { SIGNATURE_CHECK_VECTORS } from './verify-signature.ts';
import { SOURCE_VECTORS } from './verify-source.ts';
import { FOLLOW_VECTORS } from './verify-follow.ts';
import { STATEMENT_VECTORS } from './verify-statement.ts';
import { SIGSTORE_VECTORS } from './verify-sigstore.ts';
import { NPM_VECTORS } from './verify-npm.ts';
import { SUBJECT_VECTORS } from './verify-subject.ts';
import { DELEGATION_VECTORS } from './verify-delegation.ts';
import { SUMMARY_VECTORS } from './verify-summary.ts';
import { TIME_PROOF_VECTORS } from './verify-time-proof.ts';
import { LOCK_VECTORS } from './verify-lock.ts';
import { POLICY_VECTORS } from './verify-policy.ts';
import { TRUST_VECTORS } from './verify-trust.ts';
import { TRUST_SIGNER_VECTORS } from './verify-trust-signers.ts';
import { PREDICATE_VECTORS } from './verify-predicate.ts';

/** Every case of test-vectors/. */
export const VECTORS: readonly Vector[] = [
  ...EVIDENCE_VECTORS,
  ...ENVELOPE_VECTORS,
  ...SIGNATURE_CHECK_VECTORS,
  ...SIGSTORE_VECTORS,
  ...POLICY_VECTORS,
  ...LOCK_VECTORS,
  ...NPM_VECTORS,
  ...TRUST_VECTORS,
  ...TRUST_SIGNER_VECTORS,
  ...TIME_PROOF_VECTORS,
  ...DELEGATION_VECTORS,
  ...STATEMENT_VECTORS,
  ...SUBJECT_VECTORS,
  ...PREDICATE_VECTORS,
  ...COMPLETE_VECTORS,
  ...IDENTITY_VECTORS,
  ...SOURCE_VECTORS,
  ...PARAMETER_VECTORS,
  ...AGE_VECTORS,
  ...SUMMARY_VECTORS,
  ...FOLLOW_VECTORS,
  ...DIRECTORY_VECTORS,
  ...MISTAKE_VECTORS,
  ...JSON_VECTORS,
  ...FORMAT_VECTORS,
  ...PUBLIC_KEY_VECTORS,
  ...PRIVATE_KEY_VECTORS,
  ...KEY_FILE_VECTORS,
  ...SIGNATURE_VECTORS,
  ...SIGN_VECTORS,
  ...JOB_RECORD_VECTORS,
  ...BUILD_VECTORS,
  ...TREE_VECTORS,
  ...CHECKSUMS_VECTORS,
  ...OCI_LAYOUT_VECTORS,
  ...IMAGE_REFERENCE_VECTORS,
  ...STORE_VECTORS,
  ...SECRETS_VECTORS,
];
