/** How many verdicts are remembered, and for how long. */
export interface CacheLimits {
  readonly entries: number;
  readonly acceptedMilliseconds: number;
  readonly rejectedMilliseconds: number;
}

/** A verdict as it is remembered. */
export interface Remembered<Value> {
  readonly value: Value;
  /** By the clock of the cache. */
  readonly expires: number;
}

/**
 * Remembers verdicts for a while. What was used longest ago goes first. Who puts something in says whether it is a yes or
 * a no; what is neither, because something failed on the way, must not be put in at all.
 */
export class VerdictCache<Value> {
  readonly #entries = new Map<string, Remembered<Value>>();
  readonly #limits: CacheLimits;
  readonly #clock: () => number;

  /** @param clock milliseconds that never go back. */
  constructor(limits: CacheLimits, clock: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Remembered<Value> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.expires <= this.#clock()) return undefined;
    this.#entries.set(key, entry);
    return entry;
  }

  put(key: string, value: Value, isAccepted: boolean): void {
    const { entries, acceptedMilliseconds, rejectedMilliseconds } = this.#limits;
    const lifetime = isAccepted ? acceptedMilliseconds : rejectedMilliseconds;
    if (lifetime <= 0 || entries <= 0) return;
    this.#entries.delete(key);
    this.#entries.set(key, { value, expires: this.#clock() + lifetime });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= entries) break;
      this.#entries.delete(oldest);
    }
  }
}
