import { fail, notRun, pass } from './finding.ts';
import { placesOf } from './profiles.ts';
import type { Finding } from './report.ts';
import type { Context } from './context.ts';

/** How far the builder's clock may be ahead of the caller's, in seconds. */
export const CLOCK_SKEW_SECONDS = 60;

/** Was it built recently enough? The time is the builder's claim, which its signature covers and nothing else proves. */
export function timeAge({
  opened: { provenance, statement },
  expected: { maxAgeSeconds = 0 },
  now,
}: Context): Finding {
  const expected = `finished at most ${maxAgeSeconds} seconds before ${now.toISOString()}`;
  if (!provenance.reached) {
    if (!statement.reached || provenance.error !== undefined) return notRun(provenance.reason);
    return fail({ expected, actual: `a ${statement.value.predicateType} predicate has no build time` });
  }
  const pointer = placesOf(provenance.value).finishedOn;
  const finishedOn = provenance.value.runDetails.metadata?.finishedOn;
  if (finishedOn === undefined)
    return fail({ expected, actual: 'the provenance does not say when the build finished', pointer });
  const age = (now.getTime() - Date.parse(finishedOn)) / 1000;
  const result = { expected, actual: `finished on ${finishedOn}`, pointer };
  if (age >= -CLOCK_SKEW_SECONDS && age <= maxAgeSeconds) return pass(result);
  return fail({
    ...result,
    hint: age < 0 ? 'That is in the future: is one of the clocks wrong?' : undefined,
  });
}
