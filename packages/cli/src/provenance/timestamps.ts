import {
  readTimestampAuthorities,
  SigstoreError,
  type TimestampRoot,
  verifyTimestamps,
} from '@danube/sigstore';
import { matchDelegation } from '@danube/keys';
import type { SigstoreBundle } from 'in-toto-attestation';
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
    if (item.bundle === undefined || !isProvenHere(item.bundle)) continue;
    const { times, problems } = verifyTimestamps(item.bundle, authorities);
    const proven = times.map(({ name, time }) => ({ by: `timestamp authority ${name}`, time }));
    proofs.set(item, { times: proven, problems });
  }
  return proofs;
}

/** Timestamps over the signature of a key, or of one that it delegated to; those of Sigstore's certificates are proven with them. */
function isProvenHere({ verificationMaterial }: SigstoreBundle): boolean {
  const { rfc3161Timestamps, publicKey, certificate } = verificationMaterial;
  if (rfc3161Timestamps.length === 0) return false;
  return publicKey !== undefined || (certificate !== undefined && matchDelegation(certificate));
}

function readAuthorities({ timestampAuthorities = [] }: TrustRoot): TimestampRoot {
  try {
    return readTimestampAuthorities(timestampAuthorities);
  } catch (error) {
    if (error instanceof SigstoreError) throw usageError(`the trust root: ${error.message}`, error.hint);
    throw error;
  }
}
