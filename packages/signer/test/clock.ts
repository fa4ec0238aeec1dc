/** Clocks that go on only where a test says so, so that no time passes because a machine is slow. */
import { syncBuiltinESMExports } from 'node:module';
import type { TestContext } from 'node:test';

const timers = process.getBuiltinModule('node:timers/promises');

export interface Clock {
  /** In milliseconds. */
  readonly now: () => number;
  readonly pass: (milliseconds: number) => void;
}

/** Until the test is over, `performance.now()` and waiting are by this clock. */
export function mockClock(context: TestContext): Clock {
  let now = 0;
  context.mock.method(performance, 'now', () => now);
  context.mock.method(timers, 'setTimeout', async (milliseconds: number) => {
    await new Promise(setImmediate);
    now += milliseconds;
  });
  syncBuiltinESMExports();
  context.after(() => {
    context.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return { now: () => now, pass: (milliseconds) => (now += milliseconds) };
}

/** Until the test is over, deadlines come only when this is called with the milliseconds that have passed. */
export function mockDeadlines({ mock }: TestContext): (milliseconds: number) => void {
  mock.timers.enable({ apis: ['setTimeout'] });
  return (milliseconds) => mock.timers.tick(milliseconds);
}

/** Lets other things go on until this is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}
