import type { Context } from './context.ts';
import type { Evidence } from './evidence.ts';
import type { Expected } from './expectations.ts';
import type { Proofs } from './judging.ts';
import type { Policy } from './policy.ts';
import type { DependencyReport } from './report.ts';
import type { Outcome } from './steps.ts';

/**
 * That dependencies are verified as well, and by what: `followDependencies` of `@danube/verifier/chain` makes one. The
 * engine only asks it, so that verifying without it loads nothing of it.
 */
export interface Follow {
  /** How many levels are followed. */
  readonly depth: number;
  /** Whether every dependency of these levels has to be verified. */
  readonly all: boolean;
  /** The policies of each level, those of level 1 first. */
  readonly policies: readonly (readonly Policy[])[];
  /** Begins one verification. @throws {ExpectationError} for what cannot go with the other expectations. */
  readonly start: (verification: Followable) => Follower;
}

/** What a verification is made of. */
export interface Followable {
  readonly evidence: Evidence;
  readonly expected: Expected;
  readonly now: Date;
  readonly proofs: Proofs;
}

/** Follows the dependencies of one attestation that was held against its artifact. */
export type Follower = (context: Context, outcome: Outcome) => Followed;

/** The same outcome, with what its dependencies make of it. */
export interface Followed extends Outcome {
  /** Absent when the attestation was not followed, because it is rejected anyway. */
  readonly dependencies?: readonly DependencyReport[];
}
