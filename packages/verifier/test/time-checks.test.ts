import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLOCK_SKEW_SECONDS } from '../src/index.ts';
import { FINISHED, check, evaluate, failures, predicateOf, signed, statementOf } from './fixture.ts';

const finished = Date.parse(FINISHED);
const at = (seconds: number): Date => new Date(finished + seconds * 1000);
const expect = { maxAgeSeconds: 100 };

describe('time.age', () => {
  for (const [seconds, verdict] of [
    [0, 'accepted'],
    [100, 'accepted'],
    [100.001, 'rejected'],
    [-CLOCK_SKEW_SECONDS, 'accepted'],
    [-CLOCK_SKEW_SECONDS - 0.001, 'rejected'],
    [1e9, 'rejected'],
    [-1e9, 'rejected'],
  ] as const) {
    it(`is ${verdict} ${seconds} seconds after the build when 100 are allowed`, () => {
      const report = evaluate({ expect, now: at(seconds) });
      assert.equal(report.verdict, verdict);
      assert.deepEqual(failures(report), verdict === 'accepted' ? [] : ['time.age']);
    });
  }

  it('allows an age of 0', () => {
    assert.equal(evaluate({ expect: { maxAgeSeconds: 0 }, now: at(0) }).verdict, 'accepted');
    assert.equal(evaluate({ expect: { maxAgeSeconds: 0 }, now: at(1) }).verdict, 'rejected');
  });

  it('fails when the provenance does not say when the build finished', () => {
    for (const metadata of [undefined, {}, { finishedOn: null }, { startedOn: FINISHED }]) {
      const files = [signed(statementOf({ predicate: predicateOf({ run: { metadata } }) }))];
      assert.deepEqual(failures(evaluate({ files, expect })), ['time.age']);
    }
  });

  it('tells time, age and place', () => {
    const { actual, expected, pointer } = check('time.age', { expect, now: at(90) });
    assert.equal(actual, `finished on ${FINISHED}, 90 seconds ago`);
    assert.equal(expected, 'finished at most 100 seconds ago');
    assert.equal(pointer, '/predicate/runDetails/metadata/finishedOn');
  });

  it('suspects the clocks only of a time that is to come', () => {
    assert.match(check('time.age', { expect, now: at(-CLOCK_SKEW_SECONDS - 1) }).hint ?? '', /in the future/);
    assert.equal(check('time.age', { expect, now: at(101) }).hint, null);
  });

  it('is not run when nobody asked', () => {
    assert.equal(check('time.age').actual, 'age not constrained');
    assert.equal(evaluate({ now: at(1e9) }).verdict, 'accepted');
  });
});
