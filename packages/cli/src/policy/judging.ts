import {
  type ArtifactInput,
  type EvidenceFile,
  type Expectations,
  type Report,
  evaluateProvenance,
  loadEvidence,
} from '@danube/verifier';
import { inFlags, readExpectations } from '../provenance/expectations.ts';
import { loadTrustRoot } from '../provenance/trust-root.ts';
import { namesTrustRoot, type TrustRootOptions } from '../provenance/trust-root-options.ts';
import { lookAtProofs } from '../provenance/verification.ts';

export interface TrustOptions extends TrustRootOptions {
  readonly publicKey?: readonly string[];
}

/** Whose signatures count, and nothing else. @throws CliError ERR_USAGE when nobody's do. */
export async function readTrust(options: TrustOptions): Promise<Expectations> {
  const root = namesTrustRoot(options) ? loadTrustRoot(options) : undefined;
  return readExpectations({ ...options, extra: true, missing: true, format: 'text' }, root);
}

/** Judges evidence as `danube provenance verify` does, at a time of the caller's. */
export async function judgeFiles(
  files: readonly EvidenceFile[],
  artifacts: readonly ArtifactInput[] | 'provenance-only',
  expectations: Expectations,
  now: Date,
): Promise<Report> {
  const evidence = loadEvidence(files);
  const proofs = await lookAtProofs(evidence, undefined, expectations);
  try {
    return evaluateProvenance({ evidence, artifacts, expectations, now, ...proofs });
  } catch (error) {
    throw inFlags(error);
  }
}
