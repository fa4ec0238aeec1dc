import {
  proveEach,
  proveTimes as proveTimesOf,
  readTimestampAuthorities,
  SigstoreError,
  type TimestampRoot,
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
  return proveEach(evidence.items, (item) => proveTimesOf(item, authorities));
}

function readAuthorities({ timestampAuthorities = [] }: TrustRoot): TimestampRoot {
  try {
    return readTimestampAuthorities(timestampAuthorities);
  } catch (error) {
    if (error instanceof SigstoreError) throw usageError(`the trust root: ${error.message}`, error.hint);
    throw error;
  }
}
