/** One line of the benchmark: a ratio that was measured within one interleaved run, beside its target. */
export interface Row {
  readonly name: string;
  /** What is divided by what, for people. */
  readonly what: string;
  readonly ratio: number;
  readonly target: number;
  readonly better: 'lower' | 'higher';
}

/** A row that could not be measured, and why. */
export interface NotRun {
  readonly name: string;
  readonly what: string;
  readonly notRun: string;
}

export type Outcome = Row | NotRun;

/** How much work a run does. */
export interface Effort {
  /** Only shows that everything runs: small inputs, few rounds, numbers that say nothing. */
  readonly quick: boolean;
  readonly rounds: number;
}

/** A group of rows that are measured together. */
export interface Benchmark {
  readonly name: string;
  run(effort: Effort): Promise<Outcome[]> | Outcome[];
}

export function meetsTarget({ ratio, target, better }: Row): boolean {
  return better === 'lower' ? ratio <= target : ratio >= target;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new TypeError('the median of no values');
  return (upper + lower) / 2;
}

/** The median of the ratios of each round: both sides of one round meet the same state of the machine. */
export function medianRatio(above: readonly number[], below: readonly number[]): number {
  return median(above.map((value, round) => value / (below[round] ?? Number.NaN)));
}
