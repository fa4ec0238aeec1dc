import type { Evidence, TrustRoot, Verification } from '@danube/verifier';
import { proveByTrustRoot } from './certificates.ts';
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
  return {
    ...(root.sigstore !== undefined && { certificates: proveByTrustRoot(evidence, root) }),
    ...(root.timestampAuthorities !== undefined && { times: proveTimes(evidence, root) }),
  };
}
