import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPacer } from '../src/pacer.ts';
import { mockClock } from './clock.ts';

const { signal } = new AbortController();

describe('createPacer', () => {
  it('lets everybody pass at once without a rate', async () => {
    const pace = createPacer(undefined);
    await Promise.all(Array.from({ length: 1000 }, () => pace(signal)));
  });

  it('makes up for no stall by a burst', async (context) => {
    const clock = mockClock(context);
    const pace = createPacer(100);
    const passed: number[] = [];
    const note = (): void => void passed.push(clock.now());
    const waiting = Array.from({ length: 8 }, () => pace(signal).then(note));
    await waiting[0];
    clock.pass(60); // nothing else can run meanwhile
    await Promise.all(waiting);
    // The second had waited its 10 ms when the machine went on.
    assert.deepEqual(passed, [0, 70, 80, 90, 100, 110, 120, 130]);
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
