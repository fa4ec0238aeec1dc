/** What the API server waits at most, and what it waits when it does not say. In milliseconds. */
const LONGEST = 30_000;
const USUAL = 10_000;
/** Kept back for the way of the answer; never more than half of all. */
const MARGIN = 500;

const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 1e-6,
};

/**
 * How long a decision may take, from the `timeout` that the API server writes into the URL (`10s`, as Go writes durations),
 * so that it is answered before it gives up. In milliseconds.
 */
export function budgetOf(timeout: string | null): number {
  const asked = timeout === null ? USUAL : (readDuration(timeout) ?? USUAL);
  const limit = Math.min(asked, LONGEST);
  return limit - Math.min(MARGIN, limit / 2);
}

/** `1m30s`, `500ms`; `undefined` for anything else, and for nothing at all. */
function readDuration(text: string): number | undefined {
  if (!/^(?:[0-9]{1,6}(?:\.[0-9]{1,9})?(?:h|ms|m|s|us|µs|ns)){1,6}$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit = ''] of text.matchAll(/([0-9.]+)(h|ms|m|s|us|µs|ns)/g)) {
    sum += Number(count) * (UNITS[unit] ?? 0);
  }
  return sum > 0 ? sum : undefined;
}

/** When somebody has to be answered. Most are answered before anything has to wait: the clock is only set for those who do. */
export class Deadline {
  readonly #timeout: string | null;
  readonly #began = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #signal: AbortSignal | undefined;

  /** @param timeout as the API server writes it. */
  constructor(timeout: string | null) {
    this.#timeout = timeout;
  }

  /** Aborted when there is no time left. */
  get signal(): AbortSignal {
    return (this.#signal ??= this.#start());
  }

  /** Nobody waits any more. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #start(): AbortSignal {
    const controller = new AbortController();
    const left = budgetOf(this.#timeout) - (performance.now() - this.#began);
    this.#timer = setTimeout(() => controller.abort(new Error('no time left')), Math.max(0, left));
    return controller.signal;
  }
}
