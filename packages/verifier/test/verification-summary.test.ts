import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MalformedError, parseVerificationSummary, type VerificationSummary } from 'in-toto-attestation';
import { buildVerificationSummary, ExpectationError, type Report, type SummaryFacts } from '../src/index.ts';
import { APP, evaluate, LIB, NOW, signed, statementOf, STRANGER } from './fixture.ts';
import { trustRootOf } from './trust-root-fixture.ts';

const FACTS: SummaryFacts = {
  verifierId: 'https://verify.example.com',
  resourceUri: 'https://example.com/app.tgz',
  policy: { uri: 'https://example.com/policy', digest: { sha256: 'ab'.repeat(32) } },
  inputAttestations: [{ name: 'provenance.json', digest: { sha256: 'cd'.repeat(32) } }],
  timeVerified: NOW,
};

function summaryOf(report: Report, facts: Partial<SummaryFacts> = {}): VerificationSummary {
  return parseVerificationSummary(buildVerificationSummary(report, { ...FACTS, ...facts }).predicate);
}

const byRoot = (maxLevel: number): Parameters<typeof evaluate>[0] => ({
  keys: [],
  expect: { trustRoot: trustRootOf({ maxLevel }) },
});

describe('buildVerificationSummary', () => {
  it('says what was verified, by whom, when and by what', () => {
    const statement = buildVerificationSummary(evaluate(), FACTS);
    assert.equal(statement.predicateType, 'https://slsa.dev/verification_summary/v1');
    assert.deepEqual(statement.subject, [APP]);
    assert.deepEqual(statement.predicate, {
      verifier: { id: FACTS.verifierId, version: { danube: '0.1.0' } },
      timeVerified: '2026-01-02T13:00:00.000Z',
      resourceUri: FACTS.resourceUri,
      policy: FACTS.policy,
      inputAttestations: FACTS.inputAttestations,
      verificationResult: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED'],
      slsaVersion: '1.2',
    });
  });

  it('takes the level from the trust root alone', () => {
    for (const level of [1, 2, 3]) {
      const { verifiedLevels } = summaryOf(evaluate(byRoot(level)));
      assert.deepEqual(verifiedLevels, [`SLSA_BUILD_LEVEL_${level}`]);
    }
  });

  it('says FAILED, and no level, of what was rejected', () => {
    const report = evaluate({ files: [signed(statementOf(), { keys: [STRANGER] })], ...byRoot(3) });
    const { verificationResult, verifiedLevels } = summaryOf(report);
    assert.deepEqual([verificationResult, verifiedLevels], ['FAILED', ['FAILED']]);
  });

  it('is refused for artifacts of which only some are accepted', () => {
    const report = evaluate({ artifacts: [APP, LIB] });
    assert.throws(() => summaryOf(report), isAbout('artifacts'));
  });

  it('is refused without an artifact', () => {
    assert.throws(() => summaryOf(evaluate({ artifacts: 'provenance-only' })), isAbout('artifacts'));
    assert.throws(() => summaryOf({ ...evaluate(), artifacts: [] }), isAbout('artifacts'));
    const [artifact] = evaluate().artifacts;
    assert.ok(artifact !== undefined);
    const artifacts = [artifact, { ...artifact, digest: {} }];
    assert.throws(() => summaryOf({ ...evaluate(), artifacts }), isAbout('artifacts'));
  });

  for (const field of ['verifierId', 'resourceUri'] as const) {
    it(`is refused when ${field} is no URI`, () => {
      for (const text of ['', 'verify', 'HTTPS://verify.example.com', 'https://verify.example.com/ x'])
        assert.throws(() => summaryOf(evaluate(), { [field]: text }), isAbout(field));
    });
  }

  it('is refused for an input attestation without digest, which the specification demands', () => {
    assert.throws(
      () => summaryOf(evaluate(), { inputAttestations: [{ name: 'provenance.json' }] }),
      MalformedError,
    );
  });
});

function isAbout(field: string): (error: unknown) => boolean {
  return (error) => error instanceof ExpectationError && error.field === field;
}
