import type { VerifyExpectations } from './case-format.ts';
import { SOURCE_COMMIT } from './statements.ts';
import type { Vector } from './vector.ts';
import { refuses } from './verify-case.ts';
import { SIGNED } from './signed.ts';

const mistake = (
  name: string,
  description: string,
  expectations: Partial<VerifyExpectations>,
  expectation: string,
): Vector =>
  refuses(name, { description, evidence: { 'provenance.json': SIGNED }, expectations }, expectation);

/** Expectations that cannot mean what they say: nothing is judged. */
export const MISTAKE_VECTORS: readonly Vector[] = [
  mistake(
    'builder-id-empty',
    'An empty builder id, as an unset variable leaves it, is never "any builder".',
    { builderId: '' },
    'builderId',
  ),
  mistake(
    'source-commit-abbreviated',
    'An abbreviated commit id could name several commits.',
    { sourceCommit: SOURCE_COMMIT.slice(0, 12) },
    'sourceCommit',
  ),
  mistake(
    'source-branch-and-tag',
    'One build cannot come from a branch and a tag.',
    { sourceBranch: 'main', sourceTag: 'v1.2.0' },
    'sourceRef',
  ),
  mistake('max-age-negative', 'A negative age.', { maxAgeSeconds: -1 }, 'maxAgeSeconds'),
];
