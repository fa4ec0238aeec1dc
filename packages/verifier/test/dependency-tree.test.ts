import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DigestSet } from 'in-toto-attestation';
import { dependencyTrees, type DependencyBranch } from '../src/dependency-tree.ts';
import type { AttestationReport, DependencyReport, Report } from '../src/index.ts';
import { isFollowed } from '../src/report.ts';

/** Of a report only what trees are made of. */
const attestation = (
  dependencies?: readonly DependencyReport[],
  more: { readonly verdict?: string; readonly subject?: readonly DigestSet[] } = {},
): AttestationReport => {
  const { verdict = 'accepted', subject = [] } = more;
  return {
    verdict,
    statement: { subject: subject.map((digest) => ({ digest })) },
    ...(dependencies !== undefined && { dependencies }),
  } as unknown as AttestationReport;
};
const dependency = (digest: DigestSet, attestations: readonly AttestationReport[] = []): DependencyReport =>
  ({ digest, attestations }) as unknown as DependencyReport;
const report = (...artifacts: readonly (readonly AttestationReport[])[]): Report =>
  ({
    artifacts: artifacts.map((attestations, index) => ({ name: `a${index}`, attestations })),
  }) as unknown as Report;

const sha256 = (digit: string): DigestSet => ({ sha256: digit.repeat(64) });
const [X, Y, Z] = [sha256('1'), sha256('2'), sha256('3')];

/** The digests of a tree, with what is marked. */
function shape(branches: readonly DependencyBranch[]): unknown[] {
  return branches.map(({ dependency: { digest }, isCycle, isRepeated, branches }) => [
    digest['sha256']?.[0],
    ...(isCycle ? ['cycle'] : []),
    ...(isRepeated ? ['repeated'] : []),
    ...shape(branches),
  ]);
}

const treesOf = (given: Report): unknown[] =>
  dependencyTrees(given).map(({ artifact, branches }) => [artifact, ...shape(branches)]);

describe('dependencyTrees', () => {
  it('is one tree for each attestation, however many artifacts it is about', () => {
    const shared = [dependency(X)];
    const given = report(
      [attestation(shared)],
      [attestation(shared), attestation(), attestation([dependency(Y)])],
    );
    assert.deepEqual(treesOf(given), [
      ['a0', ['1']],
      ['a1', ['2']],
    ]);
  });

  it('unfolds each dependency once, and none below itself by any of its digests', () => {
    const deep = dependency(Y, [attestation([dependency(Z)])]);
    assert.deepEqual(treesOf(report([attestation([deep, deep])])), [['a0', ['2', ['3']], ['2', 'repeated']]]);
    const both = { ...X, sha512: '9'.repeat(128) };
    const inner = dependency(Y, [
      attestation([dependency({ ...both, sha512: '8'.repeat(128) }, [attestation([dependency(Z)])])]),
    ]);
    const cycle = report([attestation([inner], { subject: [both] })]);
    assert.deepEqual(treesOf(cycle), [['a0', ['2', ['1', 'cycle']]]]);
  });

  it('tells what a dependency is made of by the provenance that was accepted, else by the one that was followed', () => {
    const [refused, good] = [
      attestation([dependency(X)], { verdict: 'rejected' }),
      attestation([dependency(Z)]),
    ];
    const of = (...attestations: readonly AttestationReport[]): unknown[] =>
      treesOf(report([attestation([dependency(Y, attestations)])]));
    assert.deepEqual(of(refused, good), [['a0', ['2', ['3']]]]);
    assert.deepEqual(of(good, refused), [['a0', ['2', ['3']]]]);
    assert.deepEqual(of(refused), [['a0', ['2', ['1']]]]);
    assert.deepEqual(of(attestation(undefined, { verdict: 'rejected' }), refused), [['a0', ['2', ['1']]]]);
    assert.deepEqual(of(attestation(undefined), refused), [['a0', ['2']]]);
  });
});

describe('isFollowed', () => {
  it('is a report in which the dependencies of any attestation were followed', () => {
    assert.equal(isFollowed(report([attestation()], [attestation(), attestation([])])), true);
    assert.equal(isFollowed(report([attestation([]), attestation()], [attestation()])), true);
    assert.equal(isFollowed(report([attestation()])), false);
  });
});
