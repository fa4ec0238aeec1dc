import {
  readTimestampAuthorities,
  SigstoreError,
  type TimestampRoot,
  verifyTimestamps,
} from '@danube/sigstore';
import type { Evidence, EvidenceItem, TimeProof, TrustRoot } from '@danube/verifier';
import { usageError } from '../exit-code.ts';

/**
 * What the timestamp authorities of a trust root prove of each attestation that has timestamps.
 *
 * @throws CliError ERR_USAGE when an authority cannot be used.
 */
export function proveTimes(evidence: Evidence, root: TrustRoot): Map<EvidenceItem, TimeProof> {
  const authorities = readAuthorities(root);
  const proofs = new Map<EvidenceItem, TimeProof>();
  for (const item of evidence.items) {
    if ((item.bundle?.verificationMaterial.rfc3161Timestamps.length ?? 0) === 0) continue;
    if (item.bundle?.verificationMaterial.publicKey === undefined) continue; // a certificate's are proven with it
    const { times, problems } = verifyTimestamps(item.bundle, authorities);
    const proven = times.map(({ name, time }) => ({ by: `timestamp authority ${name}`, time }));
    proofs.set(item, { times: proven, problems });
  }
  return proofs;
}

function readAuthorities({ timestampAuthorities = [] }: TrustRoot): TimestampRoot {
  try {
    return readTimestampAuthorities(timestampAuthorities);
  } catch (error) {
    if (error instanceof SigstoreError) throw usageError(`the trust root: ${error.message}`, error.hint);
    throw error;
  }
}
