import { formatImageReference, type ImageReference } from '@danube/artifact/image-reference';
import {
  createVerifier,
  type ArtifactInput,
  type AttestationReport,
  type Check,
  type Policy,
  type Report,
  type Verifier,
} from '@danube/verifier';
import type { Found } from './found.ts';
import type { Mode } from './mode.ts';
import type { Guard, Judgement } from './rules.ts';
import type { Trust } from './trust.ts';

/** Where a policy is in force, and what its no means. */
export interface GuardTerms {
  readonly mode: Mode;
  readonly namespaces?: readonly string[];
  readonly isAddition: boolean;
  /** Of the policy's document; two policies with one are one. */
  readonly sha256: string;
}

/** A policy, with those whom it trusts, as something that judges images. */
export function createGuard(policy: Policy, trust: Trust, terms: GuardTerms): Guard {
  const { mode, namespaces, isAddition, sha256 } = terms;
  let verifier: Verifier | undefined;
  return {
    name: policy.name,
    mode,
    ...(namespaces === undefined ? {} : { namespaces }),
    isAddition,
    fingerprint: `${sha256} ${trust.sha256}`,
    matchImage: (image) => policy.select({ name: '', digest: {}, image: formatImageReference(image) }),
    judge: (image, digest, found, now) => {
      verifier ??= createVerifier({ ...trust.expectations, policies: [policy] });
      const { evidence } = found;
      const artifacts = [toArtifact(image, digest)];
      return judgementOf(verifier.evaluate({ evidence, artifacts, now, ...trust.proofs(evidence) }), found);
    },
  };
}

/** The digest in the reference that the policy sees is the one that is judged. */
function toArtifact({ registry, repository, tag }: ImageReference, digest: string): ArtifactInput {
  const [algorithm = '', hex = ''] = digest.split(':');
  const reference = { registry, repository, digest, ...(tag === undefined ? {} : { tag }) };
  const image = formatImageReference(reference);
  return { name: image, digest: { [algorithm]: hex }, image };
}

function judgementOf({ verdict, artifacts }: Report, { where }: Found): Judgement {
  if (verdict === 'accepted') return { verdict };
  const reports = artifacts.flatMap(({ attestations }) => attestations);
  const check = furthest(reports);
  if (check === undefined) {
    return { verdict: 'rejected', check: 'evidence.found', expected: null, actual: 'nothing', hint: where };
  }
  const { id, expected, actual, hint } = check;
  // Who pushed an attestation and sees that there is none needs to know where it was looked for.
  return {
    verdict: 'rejected',
    check: id,
    expected,
    actual,
    hint: id === 'evidence.found' ? `Looked at ${where}.` : hint,
  };
}

/** The first failure of the attestation that came furthest: others may lie beside it and say nothing. */
function furthest(reports: readonly AttestationReport[]): Check | undefined {
  let best: Check | undefined;
  let bestIndex = -1;
  for (const { checks } of reports) {
    const index = checks.findIndex(({ status }) => status === 'fail');
    if (index > bestIndex) [best, bestIndex] = [checks[index], index];
  }
  return best;
}
