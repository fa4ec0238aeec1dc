import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPacer } from '../src/pacer.ts';

const signal = AbortSignal.timeout(20_000);

describe('createPacer', () => {
  it('lets everybody pass at once without a rate', async () => {
    const pace = createPacer(undefined);
    await Promise.all(Array.from({ length: 1000 }, () => pace(signal)));
  });

  it('makes up for no stall by a burst', async () => {
    const pace = createPacer(100);
    const passed: number[] = [];
    const note = (): void => void passed.push(performance.now());
    const waiting = Array.from({ length: 8 }, () => pace(signal).then(note));
    await waiting[0];
    for (const until = performance.now() + 60; performance.now() < until;); // nothing else can run meanwhile
    await Promise.all(waiting);
    const gaps = passed.slice(1).map((time, index) => time - (passed[index] ?? 0));
    assert.ok(Math.min(...gaps) > 5, gaps.join(' '));
  });

  it('lets the others go on when one gives up', async () => {
    const pace = createPacer(50);
    await pace(signal);
    const stop = new AbortController();
    const [impatient, patient] = [pace(stop.signal), pace(signal)];
    stop.abort(new Error('enough'));
    await assert.rejects(impatient, { message: 'enough' });
    await patient;
  });

  it('refuses a rate that is none', () => {
    for (const rate of [0, -1, Number.NaN, Infinity]) assert.throws(() => createPacer(rate), TypeError);
  });
});
