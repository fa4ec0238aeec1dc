import type { Finding } from './finding.ts';
import type { Rules } from './rules.ts';

/** A change whose images all passed, and what is told of it. */
export interface AcceptedChange {
  readonly findings: readonly Finding[];
  readonly annotations: Readonly<Record<string, string>>;
  /** How many of its images passed by a verdict that was recalled. */
  readonly recalled: number;
  /** When the first of these verdicts is forgotten, by `performance.now()`. */
  readonly until: number;
}

/** With more, it is begun anew. */
const MAX_KNOWN = 2048;
/** Longer questions are answered without this. */
const MAX_KEY = 4096;

/**
 * Remembers which changes were accepted by verdicts that are remembered themselves, so that the pods of one workload are
 * answered alike without looking at each of their images again. What is in here is forgotten with the first of the verdicts
 * that it rests on, and with the rules.
 */
export class AcceptedChanges {
  readonly #clock: () => number;
  readonly #known = new Map<string, AcceptedChange>();
  #rules: Rules | undefined;

  /** @param clock that of the verdicts. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** @param key everything in the request that the decision depends on, see `keyOfChange`. */
  find(rules: Rules, key: string): AcceptedChange | undefined {
    if (rules !== this.#rules) return undefined;
    const change = this.#known.get(key);
    return change !== undefined && change.until > this.#clock() ? change : undefined;
  }

  keep(rules: Rules, key: string, change: AcceptedChange): void {
    if (key.length > MAX_KEY || change.until <= this.#clock()) return;
    if (rules !== this.#rules || this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#rules = rules;
    this.#known.set(key, change);
  }
}

/** The same for the same question alone: each part stands behind its length. */
export function keyOfChange(parts: readonly string[]): string {
  let key = '';
  for (const part of parts) key += `${part.length} ${part}`;
  return key;
}
