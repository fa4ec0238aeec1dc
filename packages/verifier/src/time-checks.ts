import { fail, notRun, pass } from './finding.ts';
import type { Finding } from './report.ts';
import type { Context } from './context.ts';

/** How far the builder's clock may be ahead of the caller's, in seconds. */
export const CLOCK_SKEW_SECONDS = 60;

/** Was it built recently enough? The time is the builder's claim, which its signature covers and nothing else proves. */
export function timeAge({
  opened: { build, statement },
  expected: { maxAgeSeconds = 0 },
  now,
}: Context): Finding {
  const expected = `finished at most ${maxAgeSeconds} seconds ago`;
  if (!build.reached) {
    if (!statement.reached || build.error !== undefined) return notRun(build.reason);
    return fail({ expected, actual: `a ${statement.value.predicateType} predicate has no build time` });
  }
  const { provenance, places } = build.value;
  const pointer = places.finishedOn;
  const finishedOn = provenance.runDetails.metadata?.finishedOn;
  if (finishedOn === undefined) {
    return fail({ expected, actual: 'the provenance does not say when the build finished', pointer });
  }
  const age = (now.getTime() - Date.parse(finishedOn)) / 1000;
  const actual = `finished on ${finishedOn}, ${age} seconds ago`;
  if (age >= -CLOCK_SKEW_SECONDS && age <= maxAgeSeconds) return pass({ expected, actual, pointer });
  return fail({ expected, actual, pointer, hint: age < 0 ? IN_FUTURE : undefined });
}

const IN_FUTURE = 'That is in the future: is one of the clocks wrong?';
