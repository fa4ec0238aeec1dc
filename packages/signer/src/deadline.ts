import { setTimeout as wait } from 'node:timers/promises';
import { SignError } from './errors.ts';
import type { Deadlines, ServiceOptions } from './key-service.ts';

const DEFAULTS: Deadlines = { connectMs: 5_000, callMs: 10_000, totalMs: 30_000 };

/** The deadlines that apply. @throws {TypeError} for one that is not a positive number. */
export function deadlinesOf({ deadlines = {} }: ServiceOptions): Deadlines {
  const all = { ...DEFAULTS, ...deadlines };
  for (const [name, value] of Object.entries(all)) {
    if (!(value > 0 && value < 2 ** 31))
      throw new TypeError(`${name} must be a positive number of milliseconds`);
  }
  return all;
}

/** The reason with which an operation stops when its time is up. */
export class TotalDeadline extends SignError {}

/**
 * Runs an operation with a signal that also ends it when `totalMs` are over.
 *
 * @throws {SignError} ERR_SIGN_UNAVAILABLE when the time is up; the caller's reason when that one aborted.
 */
export async function withinDeadline<T>(
  service: string,
  totalMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(tooLate(service, totalMs)), totalMs);
  try {
    return await work(signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]));
  } catch (error) {
    signal?.throwIfAborted();
    throw deadline.signal.aborted ? withCause(deadline.signal.reason, error) : error;
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(service: string, totalMs: number): TotalDeadline {
  return new TotalDeadline('ERR_SIGN_UNAVAILABLE', `${service} did not finish within ${totalMs / 1000} s`, {
    hint: 'look at the service and the way to it; the deadline is configurable',
  });
}

function withCause(reason: unknown, cause: unknown): unknown {
  if (reason instanceof TotalDeadline && reason !== cause) reason.cause ??= cause;
  return reason;
}

/** Waits; rejects with the signal's reason. */
export async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Waits for shared work without being able to stop it for others. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
