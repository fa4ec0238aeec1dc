import type { Subject } from 'in-toto-attestation';
import type { Evidence, EvidenceItem } from './evidence.ts';
import type { Judge } from './judging.ts';
import { type ArtifactIndex, subjectsOf } from './matching.ts';
import type { ArtifactReport, AttestationReport } from './report.ts';

/**
 * The subjects that no artifact is, each as a rejected artifact of its own. Only provenance that passes every other
 * check can demand a file: what anybody can write next to it spoils nothing.
 */
export function missingSubjects({ items }: Evidence, index: ArtifactIndex, judge: Judge): ArtifactReport[] {
  const missing = new Map<
    string,
    { readonly subject: Subject; readonly attestations: AttestationReport[] }
  >();
  for (const item of items) {
    const absent = absentSubjects(item, index);
    if (absent.length === 0 || !judge(item, { kind: 'alone' }).accepted) continue;
    for (const { subject, position } of absent) {
      const key = identityOf(subject);
      const entry = missing.get(key) ?? { subject, attestations: [] };
      entry.attestations.push(judge(item, { kind: 'missing', position }).report);
      missing.set(key, entry);
    }
  }
  return [...missing.values()].map(({ subject: { name, digest }, attestations }) => ({
    name: name ?? null,
    digest,
    verdict: 'rejected',
    attestations,
  }));
}

function absentSubjects(
  item: EvidenceItem,
  index: ArtifactIndex,
): { readonly subject: Subject; readonly position: number }[] {
  return subjectsOf(item).flatMap((subject, position) => (index.has(subject) ? [] : [{ subject, position }]));
}

/** The same for subjects of the same name and digests, in whatever order those were written. */
function identityOf({ name, digest }: Subject): string {
  const algorithms = Object.keys(digest).sort();
  return JSON.stringify([name ?? null, ...algorithms.map((algorithm) => [algorithm, digest[algorithm]])]);
}
