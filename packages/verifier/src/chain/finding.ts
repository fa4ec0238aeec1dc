import { type DigestSet, digestOf } from 'in-toto-attestation';
import type { Expected } from '../expectations.ts';
import { fail, pass, warn } from '../finding.ts';
import type { Policy } from '../policy.ts';
import type { Check, CheckId, DependencyReport, Finding } from '../report.ts';

/** Dependencies that a finding names. */
const NAMED = 10;

/** By what the dependencies of a level are judged, in words. */
export function describeBasis(policies: readonly Policy[], { trustRoot }: Expected): string {
  const root = trustRoot === undefined ? 'the same keys' : 'the trust root';
  return policies.length === 0
    ? `${root} alone`
    : `${root} and ${policies.map(({ name }) => name).join(', ')}`;
}

interface Demand {
  /** Whether every one must be verified. */
  readonly all: boolean;
  readonly by: string;
  readonly pointer: string;
}

/** Are the dependencies what they should be? A bad one never is; one that nothing speaks for, only when all must be. */
export function dependencyFinding(
  dependencies: readonly DependencyReport[],
  { all, by, pointer }: Demand,
): Finding {
  const of = (wanted: DependencyReport['verdict']): DependencyReport[] =>
    dependencies.filter(({ verdict }) => verdict === wanted);
  const [rejected, unverified, accepted] = [of('rejected'), of('unverified'), of('accepted')];
  const wanted = all ? 'every dependency verified' : 'no dependency that is rejected';
  const actual = [
    dependencies.length === 0
      ? 'the provenance names none'
      : `${accepted.length} of ${dependencies.length} verified`,
    ...(rejected.length === 0 ? [] : [`rejected: ${nameAll(rejected)}`]),
    ...(unverified.length === 0 ? [] : [`not verified: ${nameAll(unverified)}`]),
  ].join('; ');
  const first = dependencies.findIndex(
    ({ verdict }) => verdict === 'rejected' || (all && verdict === 'unverified'),
  );
  const result = { expected: `${wanted}, by ${by}`, actual };
  if (first !== -1)
    return fail({
      ...result,
      pointer: `${pointer}/${first}`,
      hint:
        rejected.length === 0
          ? 'Give what speaks for them as evidence of dependencies.'
          : 'The tree of dependencies says which check each of them fails.',
    });
  return unverified.length === 0 ? pass({ ...result, pointer }) : warn({ ...result, pointer });
}

function nameAll(dependencies: readonly DependencyReport[]): string {
  const names = dependencies.slice(0, NAMED).map(nameOf);
  const more = dependencies.length - names.length;
  return more === 0 ? names.join(', ') : `${names.join(', ')} and ${more} more`;
}

function nameOf({ uri, name, digest }: DependencyReport): string {
  const [first] = Object.entries(digest);
  return uri ?? name ?? (first === undefined ? 'one without a name' : first.join(':'));
}

/** The subject of a summary of a commit, which was found by it. */
export function subjectCommit(digest: DigestSet, [position = 0]: readonly number[]): Finding {
  const commit = `gitCommit:${digestOf(digest, 'gitCommit')}`;
  return pass({ expected: commit, actual: commit, pointer: `/subject/${position}` });
}

/**
 * The checks with another finding for one of them. What a policy found already stays: it rejects by itself, and what it is
 * satisfied with is told beside what else is demanded.
 */
export function replaceCheck(checks: readonly Check[], id: CheckId, finding: Finding): readonly Check[] {
  return checks.map((check) => {
    if (check.id !== id || check.status === 'fail') return check;
    if (check.status === 'not-run') return { id, ...finding };
    if (finding.status === 'not-run') return check;
    const expected = joinTexts(check.expected, finding.expected);
    return { id, ...finding, expected, actual: joinTexts(check.actual, finding.actual) };
  });
}

function joinTexts(...texts: readonly (string | null)[]): string {
  return texts.flatMap((text) => text ?? []).join('; ');
}
