/** A mutant that no test can notice, or need not, and why. */
export interface Explained {
  /** Below packages/verifier/src. */
  readonly file: string;
  /** As the report prints it. */
  readonly what: string;
  readonly why: string;
}

export const EXPLAINED: readonly Explained[] = [
  {
    file: 'time-checks.ts',
    what: 'age < 0  ->  age <= 0',
    why: 'An age of 0 passes, because no maximum is below 0: there is no hint to choose.',
  },
  {
    file: 'evaluate.ts',
    what: 'artifacts.length > 0  ->  artifacts.length >= 0',
    why: 'Nobody concludes from no artifact at all: whoever names none is refused before. It stands for those to come.',
  },
  {
    file: 'missing.ts',
    what: 'a < b  ->  a <= b',
    why: 'The names of algorithms in one digest set differ.',
  },
  {
    file: 'missing.ts',
    what: 'a < b  ->  a >= b',
    why: 'Any order does, as long as it is one.',
  },
];
