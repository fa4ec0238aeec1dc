import type { Evidence, TrustRoot, Verification } from '@danube/verifier';
import { proveByTrustRoot, readInstances } from './certificates.ts';
import { proveTimes } from './timestamps.ts';

/**
 * What the Sigstore instances and the timestamp authorities of a trust root prove of each attestation.
 *
 * @throws CliError ERR_USAGE when one of them cannot be used.
 */
export function proveByRoot(
  evidence: Evidence,
  root: TrustRoot,
): Pick<Verification, 'certificates' | 'times'> {
  const { sigstore, timestampAuthorities } = root;
  if (sigstore === undefined && timestampAuthorities === undefined) return {};
  const instances = readInstances(root);
  return {
    ...(sigstore !== undefined && { certificates: proveByTrustRoot(evidence, instances) }),
    times: proveTimes(evidence, root, instances),
  };
}
