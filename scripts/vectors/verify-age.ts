import { provenance } from './statements.ts';
import type { Vector } from './vector.ts';
import { accepts, rejects } from './verify-case.ts';
import { signedPredicate } from './signed.ts';
import { met, THIRTY_YEARS, unmet } from './verify-expectation.ts';

const finished = (finishedOn: string | undefined): Record<string, object> => ({
  'provenance.json': signedPredicate(provenance({ metadata: { finishedOn } })),
});

/** time.age: how long ago the build finished. */
export const AGE_VECTORS: readonly Vector[] = [
  met('age', 'The build is young enough.', { maxAgeSeconds: THIRTY_YEARS }, 'time.age'),
  unmet('age-exceeded', 'The build is older than expected.', { maxAgeSeconds: 60 }, 'time.age'),
  accepts(
    'age-at-limit',
    {
      description: 'The build finished exactly as long ago as is still allowed.',
      evidence: finished('2026-01-10T12:36:02Z'),
      expectations: { maxAgeSeconds: 3600 },
      now: '2026-01-10T13:36:02Z',
    },
    [{ id: 'time.age', status: 'pass' }],
  ),
  rejects(
    'age-past-limit',
    {
      description: 'The build finished a millisecond longer ago than is allowed.',
      evidence: finished('2026-01-10T12:36:01.999Z'),
      expectations: { maxAgeSeconds: 3600 },
      now: '2026-01-10T13:36:02Z',
    },
    ['time.age'],
  ),
  accepts(
    'age-clock-skew',
    {
      description: "The builder's clock is a minute ahead, which is tolerated.",
      evidence: finished('2026-01-10T12:36:02Z'),
      expectations: { maxAgeSeconds: 3600 },
      now: '2026-01-10T12:35:02Z',
    },
    [{ id: 'time.age', status: 'pass' }],
  ),
  rejects(
    'age-future',
    {
      description: 'The build finished in the future, by more than a clock may be wrong.',
      evidence: finished('2999-01-01T00:00:00Z'),
      expectations: { maxAgeSeconds: THIRTY_YEARS },
    },
    ['time.age'],
  ),
  rejects(
    'age-unknown',
    {
      description: 'The provenance does not say when the build finished, so nobody knows its age.',
      evidence: finished(undefined),
      expectations: { maxAgeSeconds: THIRTY_YEARS },
    },
    ['time.age'],
  ),
];
