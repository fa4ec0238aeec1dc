import { ExpectationError } from '../errors.ts';
import type { Evidence } from '../evidence.ts';
import type { Expected } from '../expectations.ts';
import type { Follow } from '../follow.ts';
import type { Proofs } from '../judging.ts';
import type { Policy } from '../policy.ts';
import { provenanceDemanded } from '../statement-checks.ts';
import { Chain } from './chain.ts';

/** The deepest level that can be followed. */
export const MAX_DEPTH = 16;

/** How dependencies are verified. */
export interface FollowOptions {
  /** How many levels, 1 to {@link MAX_DEPTH}; 1 are the dependencies of what is verified. */
  readonly depth: number;
  /** Every dependency of these levels must be verified; otherwise one that nothing speaks for is reported, and no more. */
  readonly all?: boolean;
  /** What speaks for dependencies beside the evidence of the verification. It speaks for no artifact. */
  readonly evidence?: Evidence;
  /** What others found out about that evidence. */
  readonly proofs?: Pick<Proofs, 'certificates' | 'times'>;
  /**
   * Policies, by level from 1 on: all that are about a dependency must be satisfied, and one must be about it. A level
   * without any is judged by the trust root, or the same keys, alone.
   */
  readonly policies?: ReadonlyMap<number, readonly Policy[]>;
}

/**
 * The expectation that dependencies are verified as well (SLSA 1.2, verifying-artifacts.md, step 3).
 *
 * Pure, as the engine is: all that may speak for a dependency is given.
 *
 * @throws {ExpectationError} (a `TypeError`) for a depth out of its bounds, a level that is not followed, an empty list of
 * policies, or two of one name in a level.
 */
export function followDependencies(options: FollowOptions): Follow {
  const { depth, all = false, evidence = { items: [] }, proofs = {}, policies = new Map() } = options;
  if (!Number.isInteger(depth) || depth < 1 || depth > MAX_DEPTH)
    throw new ExpectationError('follow', `must be a whole number from 1 to ${MAX_DEPTH}`);
  checkPolicies(policies, depth);
  const byLevel = Array.from({ length: depth }, (_, index) => policies.get(index + 1) ?? []);
  return {
    depth,
    all,
    policies: byLevel,
    start: (verification) => {
      checkTogether(verification.expected, byLevel.flat());
      const chain = new Chain({
        ...verification,
        depth,
        all,
        policies: byLevel,
        dependencies: evidence,
        proofs: join(verification.proofs, proofs),
      });
      return chain.follower(0);
    },
  };
}

function checkPolicies(policies: ReadonlyMap<number, readonly Policy[]>, depth: number): void {
  for (const [level, list] of policies) {
    if (!Number.isInteger(level) || level < 1 || level > depth)
      throw new ExpectationError('followPolicy', `level ${level} is not followed, only 1 to ${depth}`);
    if (list.length === 0) throw new ExpectationError('followPolicy', `level ${level} has an empty list`);
    const names = list.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw new ExpectationError('followPolicy', `level ${level} has two policies called ${twice}`);
  }
}

function checkTogether(expected: Expected, policies: readonly Policy[]): void {
  if (!provenanceDemanded(expected))
    throw new ExpectationError(
      'follow',
      'only provenance names dependencies, and another predicate is demanded',
    );
  const demanding = policies.find(({ needsTrustRoot }) => needsTrustRoot);
  if (demanding !== undefined && expected.trustRoot === undefined)
    throw new ExpectationError(
      'followPolicy',
      `${demanding.name} demands a Build level, which needs trustRoot`,
    );
}

/** What was found out about the evidence of both. */
function join({ certificates, times, signatures }: Proofs, more: Proofs): Proofs {
  return {
    certificates: new Map([...(certificates ?? []), ...(more.certificates ?? [])]),
    times: new Map([...(times ?? []), ...(more.times ?? [])]),
    ...(signatures !== undefined && { signatures }),
  };
}
