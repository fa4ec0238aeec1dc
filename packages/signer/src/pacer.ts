import { waitFor } from './deadline.ts';

/** Lets one caller pass after another, never more a second than the rate: evenly, without bursts. */
export type Pacer = (signal: AbortSignal) => Promise<void>;

/**
 * A pacer for `ratePerSecond` passes a second; without a rate everybody passes at once.
 *
 * @throws {TypeError} for a rate that is not a positive number.
 */
export function createPacer(ratePerSecond: number | undefined): Pacer {
  if (ratePerSecond === undefined) return async () => {};
  if (!(ratePerSecond > 0 && Number.isFinite(ratePerSecond)))
    throw new TypeError('the rate must be positive');
  const interval = 1000 / ratePerSecond;
  let passedAt = -Infinity;
  let free: Promise<void> = Promise.resolve();
  return async (signal) => {
    // One after another, each from when the one before really passed: a stall is not made up for by a burst.
    const turn = free.then(async () => {
      // A timer may fire a fraction early; the pace is a promise, so look at the clock until it is really time.
      for (let rest = passedAt + interval - performance.now(); rest > 0;) {
        await waitFor(Math.ceil(rest), signal);
        rest = passedAt + interval - performance.now();
      }
      signal.throwIfAborted();
      passedAt = performance.now();
    });
    free = turn.catch(() => {});
    await turn;
  };
}
