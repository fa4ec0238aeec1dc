import { ACCEPTED, type DigestSet, digestOf } from 'in-toto-attestation';
import type { AttestationReport, DependencyReport, Report } from './report.ts';

/** The dependencies of one attestation of the report, followed as far as they were. */
export interface DependencyTree {
  readonly attestation: AttestationReport;
  /** What the attestation was followed for: the first artifact of the report that it is about. */
  readonly artifact: string | null;
  readonly branches: readonly DependencyBranch[];
}

/** A dependency where it stands in the tree. */
export interface DependencyBranch {
  readonly dependency: DependencyReport;
  /** It stands in the tree already, at the same level: what it is made of is told there. */
  readonly isRepeated: boolean;
  /** It is among the things that are made of it: what it is made of stands above. */
  readonly isCycle: boolean;
  readonly branches: readonly DependencyBranch[];
}

/**
 * The dependencies that a verification followed, as trees: one for each attestation, however many artifacts it is about.
 * Each dependency is unfolded once at each level, so that all of them together are no longer than the evidence.
 */
export function dependencyTrees({ artifacts }: Report): readonly DependencyTree[] {
  const lists = new Set<readonly DependencyReport[]>();
  const unfolded = new Set<DependencyReport>();
  const trees: DependencyTree[] = [];
  for (const { name, attestations } of artifacts) {
    for (const attestation of attestations) {
      const { dependencies, statement } = attestation;
      if (dependencies === undefined || lists.has(dependencies)) continue;
      lists.add(dependencies);
      const above = new Set((statement?.subject ?? []).flatMap(({ digest }) => identify(digest)));
      const branches = dependencies.map((dependency) => unfold(dependency, above, unfolded));
      trees.push({ attestation, artifact: name, branches });
    }
  }
  return trees;
}

function unfold(
  dependency: DependencyReport,
  above: Set<string>,
  unfolded: Set<DependencyReport>,
): DependencyBranch {
  const own = identify(dependency.digest);
  const isCycle = own.some((digest) => above.has(digest));
  const isRepeated = unfolded.has(dependency);
  if (isCycle || isRepeated) return { dependency, isRepeated, isCycle, branches: [] };
  unfolded.add(dependency);
  for (const digest of own) above.add(digest);
  const branches = dependenciesOf(dependency).map((each) => unfold(each, above, unfolded));
  for (const digest of own) above.delete(digest);
  return { dependency, isRepeated, isCycle, branches };
}

/** What a dependency is made of, by the provenance that speaks for it. */
function dependenciesOf({ attestations }: DependencyReport): readonly DependencyReport[] {
  const spoken = attestations.find(({ verdict }) => verdict === 'accepted');
  const followed = attestations.find(({ dependencies }) => dependencies !== undefined);
  return (spoken ?? followed)?.dependencies ?? [];
}

const ALGORITHMS = [...ACCEPTED, 'gitCommit'];

function identify(digest: DigestSet): string[] {
  return ALGORITHMS.flatMap((algorithm) => {
    const value = digestOf(digest, algorithm);
    return value === undefined ? [] : [`${algorithm}:${value}`];
  });
}
