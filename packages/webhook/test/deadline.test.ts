import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { budgetOf, Deadline } from '../src/deadline.ts';

describe('budgetOf', () => {
  const BUDGETS: readonly (readonly [timeout: string | null, milliseconds: number])[] = [
    ['10s', 9500],
    ['1s', 500],
    ['500ms', 250],
    ['1.5s', 1000],
    ['1m', 29_500],
    ['30s', 29_500],
    ['1h1m', 29_500],
    [null, 9500],
    ['', 9500],
    ['0s', 9500],
    ['ten', 9500],
    ['10', 9500],
    ['-5s', 9500],
  ];
  for (const [timeout, milliseconds] of BUDGETS) {
    it(`answers before the API server gives up: ${timeout} leaves ${milliseconds} ms`, () => {
      assert.equal(budgetOf(timeout), milliseconds);
    });
  }
});

describe('Deadline', () => {
  it('is over when the budget is, counted from when it was made', (context) => {
    let now = 1000;
    context.mock.method(performance, 'now', () => now);
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const deadline = new Deadline('1s');
    now += 300;
    const { signal } = deadline;
    assert.equal(deadline.signal, signal);
    context.mock.timers.tick(199);
    assert.equal(signal.aborted, false);
    context.mock.timers.tick(1);
    assert.equal(signal.aborted, true);
  });

  it('that is over when it is first asked for ends at once', (context) => {
    let now = 1000;
    context.mock.method(performance, 'now', () => now);
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const deadline = new Deadline('1s');
    now += 2000;
    const { signal } = deadline;
    context.mock.timers.tick(0);
    assert.equal(signal.aborted, true);
  });

  it('of somebody who was answered does not come', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const deadline = new Deadline('1s');
    const { signal } = deadline;
    deadline.end();
    context.mock.timers.tick(60_000);
    assert.equal(signal.aborted, false);
  });
});
