/** A mutant that no test can notice, or need not, and why. */
export interface Explained {
  /** Below packages/verifier/src. */
  readonly file: string;
  /** As the report prints it. */
  readonly what: string;
  readonly why: string;
}

export const EXPLAINED: readonly Explained[] = [];
