import { admissionReviews } from './admission-reviews.ts';
import { dsseProtocol } from './dsse-protocol.ts';
import { ed25519Speccheck } from './ed25519-speccheck.ts';
import type { VectorFolder } from './folder.ts';
import { intotoAttestationVerifier } from './intoto-attestation-verifier.ts';
import { intotoAttestation } from './intoto-attestation.ts';
import { jcsRfc8785 } from './jcs-rfc8785.ts';
import { npmProvenance } from './npm-provenance.ts';
import { rfc8032 } from './rfc8032.ts';
import { sigstoreConformance } from './sigstore-conformance.ts';
import { slsaVerifier } from './slsa-verifier.ts';
import { slsaExamples } from './slsa-examples.ts';
import { wycheproofEd25519 } from './wycheproof-ed25519.ts';

/** Every vector folder that this run can judge, in the order in which it reports them. */
export const KNOWN_FOLDERS: readonly VectorFolder[] = [
  rfc8032,
  wycheproofEd25519,
  ed25519Speccheck,
  jcsRfc8785,
  dsseProtocol,
  intotoAttestation,
  intotoAttestationVerifier,
  slsaExamples,
  sigstoreConformance,
  slsaVerifier,
  npmProvenance,
  admissionReviews,
];
