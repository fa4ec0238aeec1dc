import { MalformedError, parseVerificationSummary, type Statement, VSA_V1 } from 'in-toto-attestation';
import { catchMalformed } from './evidence.ts';
import type { ArtifactReport, AttestationReport, DependencyReport } from './report.ts';

/**
 * How many dependencies were found to be of which level, as a verification summary counts them (SLSA 1.2,
 * verification_summary.md, `dependencyLevels`): each once a track, at its highest. Those that nothing speaks for are not
 * evaluated, those that are rejected have failed.
 *
 * @returns `undefined`, which claims nothing, when dependencies were not followed or the provenance names none: that there are
 * none at all is more than a list that may be incomplete can say.
 */
export function countDependencyLevels(
  artifacts: readonly ArtifactReport[],
): Readonly<Record<string, number>> | undefined {
  const things = new Map<string, Map<string, number>>();
  for (const dependency of allDependencies(artifacts)) {
    const key = identify(dependency);
    const tracks = things.get(key) ?? new Map<string, number>();
    things.set(key, tracks);
    // It may be verified at one level of the chain, and not at another, which has a policy of its own.
    for (const [track, level] of levelsOf(dependency))
      tracks.set(track, Math.max(level, tracks.get(track) ?? UNEVALUATED));
  }
  const counts = new Map<string, number>();
  for (const tracks of things.values())
    for (const [track, level] of tracks) {
      const name = nameOf(track, level);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  const names = [...counts.keys()].sort();
  return names.length === 0
    ? undefined
    : Object.fromEntries(names.map((name) => [name, counts.get(name) ?? 0]));
}

const UNEVALUATED = -1;
const FAILED = 'FAILED';

function nameOf(track: string, level: number): string {
  return track === FAILED ? FAILED : `SLSA_${track}_LEVEL_${level === UNEVALUATED ? 'UNEVALUATED' : level}`;
}

function* allDependencies(artifacts: readonly ArtifactReport[]): Generator<DependencyReport> {
  const seen = new Set<readonly DependencyReport[]>();
  const lists = artifacts.flatMap(({ attestations }) => listsOf(attestations));
  for (let list = lists.pop(); list !== undefined; list = lists.pop()) {
    if (seen.has(list)) continue;
    seen.add(list);
    for (const dependency of list) {
      yield dependency;
      lists.push(...listsOf(dependency.attestations));
    }
  }
}

function listsOf(attestations: readonly AttestationReport[]): (readonly DependencyReport[])[] {
  return attestations.flatMap(({ dependencies }) => (dependencies === undefined ? [] : [dependencies]));
}

/** The same for the same thing, whatever it is called; without a digest by what it is called. */
function identify({ digest, uri, name }: DependencyReport): string {
  const algorithms = Object.keys(digest).sort();
  return JSON.stringify(
    algorithms.length === 0 ? [uri, name] : algorithms.map((each) => [each, digest[each]]),
  );
}

type Level = readonly [track: string, level: number];

function levelsOf({ verdict, digest, attestations }: DependencyReport): readonly Level[] {
  if (verdict === 'rejected') return [[FAILED, UNEVALUATED]];
  const accepted = attestations.find((attestation) => attestation.verdict === 'accepted');
  if (accepted === undefined) return [['gitCommit' in digest ? 'SOURCE' : 'BUILD', UNEVALUATED]];
  const { statement, buildLevel } = accepted;
  return statement?.predicateType === VSA_V1
    ? summedLevels(statement)
    : [['BUILD', buildLevel ?? UNEVALUATED]];
}

/** As the verifier says whom the trust root names. */
function summedLevels({ predicate }: Statement): readonly Level[] {
  const summary = catchMalformed(() => parseVerificationSummary(predicate));
  if (summary instanceof MalformedError) return [];
  return summary.verifiedLevels.flatMap((text): Level[] => {
    const [, track, level] = /^SLSA_([A-Z_]+)_LEVEL_([0-9]{1,2})$/.exec(text) ?? [];
    return track === undefined ? [] : [[track, Number(level)]];
  });
}
