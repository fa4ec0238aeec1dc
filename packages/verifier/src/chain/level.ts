import { VSA_V1 } from 'in-toto-attestation';
import type { Expected, WantedSummary } from '../expectations.ts';
import type { Follow } from '../follow.ts';
import type { Policy } from '../policy.ts';

/** Who must have signed, as for the artifact; nothing else that was said of the artifact holds for what it was made of. */
function expectSigners({ keys, certificates, trustRoot, threshold }: Expected): Expected {
  return {
    keys,
    certificates,
    trustRoot,
    threshold,
    buildLevel: undefined,
    summary: undefined,
    builderId: undefined,
    buildType: undefined,
    sourceUri: undefined,
    sourceRef: undefined,
    sourceCommit: undefined,
    parameters: new Map(),
    allowParameters: [],
    policies: [],
    lock: undefined,
    follow: undefined,
    npmPackage: undefined,
    predicateType: undefined,
    maxAgeSeconds: undefined,
    strict: false,
    noExtra: false,
    noMissing: false,
  };
}

/** What the provenance of a dependency must say: what the policies of its level say. */
export function expectProvenance(
  expected: Expected,
  policies: readonly Policy[],
  follow: Follow | undefined,
): Expected {
  return { ...expectSigners(expected), policies, follow };
}

/** A summary in place of provenance: that it passed, at some level of the track. */
export function expectSummary(expected: Expected, summary: WantedSummary): Expected {
  return { ...expectSigners(expected), summary, predicateType: VSA_V1, buildLevel: 1 };
}
