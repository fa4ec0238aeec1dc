import {
  type NamedRoot,
  proveEach,
  proveTimes as proveTimesOf,
  readTimestampAuthorities,
  SigstoreError,
  type TimestampRoot,
} from '@danube/sigstore';
import type { Evidence, EvidenceItem, TimeProof, TrustRoot } from '@danube/verifier';
import { usageError } from '../exit-code.ts';

/**
 * What the timestamp authorities of a trust root, and the logs of its Sigstore instances, prove of each attestation.
 *
 * @throws CliError ERR_USAGE when one of them cannot be used.
 */
export function proveTimes(
  evidence: Evidence,
  root: TrustRoot,
  instances: readonly NamedRoot[],
): Map<EvidenceItem, TimeProof> {
  const keys = root.keys.map(({ publicKey }) => publicKey);
  const timestamps = readAuthorities(root);
  const times = { ...(timestamps !== undefined && { timestamps }), logs: { instances, keys } };
  return proveEach(evidence.items, (item) => proveTimesOf(item, times));
}

function readAuthorities({ timestampAuthorities }: TrustRoot): TimestampRoot | undefined {
  try {
    return timestampAuthorities && readTimestampAuthorities(timestampAuthorities);
  } catch (error) {
    if (error instanceof SigstoreError) throw usageError(`the trust root: ${error.message}`, error.hint);
    throw error;
  }
}
