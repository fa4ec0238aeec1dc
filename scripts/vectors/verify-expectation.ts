import type { VerifyExpectations } from './case-format.ts';
import type { Vector } from './vector.ts';
import { accepts, rejects } from './verify-case.ts';
import { SIGNED } from './signed.ts';

/** Thirty years: true for as long as these vectors are of use. */
export const THIRTY_YEARS = 946_080_000;

/** One expectation that the build of the cases does not meet. */
export function unmet(
  name: string,
  description: string,
  expectations: Partial<VerifyExpectations>,
  failed: string,
): Vector {
  return rejects(name, { description, evidence: { 'provenance.json': SIGNED }, expectations }, [failed]);
}

/** One expectation that it meets. */
export function met(
  name: string,
  description: string,
  expectations: Partial<VerifyExpectations>,
  passed: string,
): Vector {
  return accepts(name, { description, evidence: { 'provenance.json': SIGNED }, expectations }, [
    { id: passed, status: 'pass' },
  ]);
}
