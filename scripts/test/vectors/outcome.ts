import assert from 'node:assert/strict';
import { DanubeError } from 'in-toto-attestation';
import type { Rejection } from '../../vectors/case-format.ts';

/** The value of a call, or the error of a closed union that it threw; any other error goes through and fails the test. */
export async function outcomeOf<T>(call: () => T | Promise<T>): Promise<T | DanubeError> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof DanubeError) return error;
    throw error;
  }
}

/** Fails unless the call was refused with the code, and at the place, that the case names. */
export function assertRejected(outcome: unknown, { code, pointer }: Rejection): void {
  assert.ok(outcome instanceof DanubeError, `expected ${code}, was accepted`);
  assert.equal(outcome.code, code, outcome.message);
  if (pointer === undefined) return;
  assert.ok('pointer' in outcome, outcome.message);
  assert.equal(outcome.pointer, pointer, outcome.message);
}

/** Fails unless the call was accepted; the value it gave. */
export function assertAccepted<T>(outcome: T | DanubeError): T {
  if (outcome instanceof DanubeError) throw outcome;
  return outcome;
}
