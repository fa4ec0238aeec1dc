import { loadEvidence, type SignatureProofs, type Verifier } from '@danube/verifier';

/** An attestation file in memory, and the digest of the artifact that it must be about. */
export interface Task {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

export const NOW: Date = new Date('2026-01-03T00:00:00Z');

/** What a user of the library writes who verifies often: throws unless the attestation is accepted. */
export function verifyAttestation(
  { bytes, sha256 }: Task,
  verifier: Verifier,
  signatures?: SignatureProofs,
): void {
  verifier.verify({
    evidence: loadEvidence([{ path: 'provenance.json', bytes }]),
    artifacts: [{ name: 'artifact', digest: { sha256 } }],
    now: NOW,
    ...(signatures !== undefined && { signatures }),
  });
}
