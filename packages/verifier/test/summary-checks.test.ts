import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VSA_V1 } from 'in-toto-attestation';
import type { Check, CheckId } from '../src/index.ts';
import { summaryLevel } from '../src/summary-checks.ts';
import type { Context } from '../src/context.ts';
import { NOW, attestationOf, check, evaluate, signed, statementOf, type Case } from './fixture.ts';

const WANTED = { verifierId: 'https://v.example.com', resourceUri: 'https://example.com/app.tgz' };
const PREDICATE = {
  verifier: { id: WANTED.verifierId },
  timeVerified: NOW.toISOString(),
  resourceUri: WANTED.resourceUri,
  policy: { uri: 'https://example.com/policy' },
  verificationResult: 'PASSED',
  verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
  slsaVersion: '1.2',
};

function summary(change: object = {}, expect: Case['expect'] = {}): Case {
  const predicate = { ...PREDICATE, ...change };
  return {
    files: [signed(statementOf({ predicateType: VSA_V1, predicate }))],
    expect: { summary: WANTED, buildLevel: 2, ...expect },
  };
}
const made = (id: CheckId, ...situation: Parameters<typeof summary>): Check =>
  check(id, summary(...situation));
const secondsAgo = (seconds: number): object => ({
  timeVerified: new Date(NOW.getTime() - seconds * 1000).toISOString(),
});

describe('a verification summary', () => {
  it('is accepted for the level that it reports', () => {
    const report = evaluate(summary());
    assert.deepEqual([report.verdict, attestationOf(report).buildLevel], ['accepted', 2]);
    const higher = evaluate(summary({}, { buildLevel: 3 }));
    assert.deepEqual([higher.verdict, attestationOf(higher).buildLevel], ['rejected', null]);
  });

  it('says its levels, or that it has none', () => {
    assert.equal(made('vsa.levels').actual, 'SLSA_BUILD_LEVEL_2');
    const none = made('vsa.levels', { verificationResult: 'FAILED', verifiedLevels: [] });
    assert.deepEqual([none.status, none.actual], ['fail', 'no level']);
  });

  it('may be of the future by the skew of a clock, which is included', () => {
    assert.equal(made('vsa.time', secondsAgo(-60)).status, 'pass');
    assert.equal(made('vsa.time', secondsAgo(-60.001)).status, 'fail');
    assert.equal(made('vsa.time', secondsAgo(-60)).expected, 'a time that has come');
  });

  it('may be as old as is expected, which is included', () => {
    const expect = { maxAgeSeconds: 60 };
    assert.equal(made('vsa.time', secondsAgo(60), expect).status, 'pass');
    assert.equal(made('vsa.time', secondsAgo(60.001), expect).status, 'fail');
    assert.equal(made('vsa.time', {}, expect).expected, 'verified at most 60 seconds ago');
    assert.equal(made('vsa.time', secondsAgo(10 ** 9)).status, 'pass');
    assert.equal(made('vsa.time', { timeVerified: undefined }, expect).status, 'fail');
    assert.equal(made('vsa.time', { timeVerified: undefined }).status, 'pass');
  });

  it('has no level that could be read in anything else', () => {
    const opened = (value: unknown): Context =>
      ({ opened: { statement: { reached: true, value } }, expected: {} }) as Context;
    assert.equal(summaryLevel(opened({ predicateType: 'x', predicate: PREDICATE })), undefined);
    assert.equal(summaryLevel(opened({ predicateType: VSA_V1, predicate: {} })), undefined);
    assert.equal(summaryLevel(opened({ predicateType: VSA_V1, predicate: PREDICATE })), 2);
  });
});
