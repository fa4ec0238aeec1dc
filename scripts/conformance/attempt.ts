import { DanubeError, MalformedError } from 'in-toto-attestation';

/** How one call of this project's code ended. */
export type Attempt<T> =
  | { readonly verdict: 'accepted'; readonly value: T }
  | { readonly verdict: 'rejected'; readonly code: string; readonly pointer: string }
  | { readonly verdict: 'crashed'; readonly error: unknown };

/** Calls, and takes an error from the closed unions as a rejection; any other error is a defect of ours. */
export function attempt<T>(call: () => T): Attempt<T> {
  try {
    return { verdict: 'accepted', value: call() };
  } catch (error) {
    return failed(error);
  }
}

/** The same for a call that answers later. */
export async function attemptAsync<T>(call: () => Promise<T> | T): Promise<Attempt<T>> {
  try {
    return { verdict: 'accepted', value: await call() };
  } catch (error) {
    return failed(error);
  }
}

function failed<T>(error: unknown): Attempt<T> {
  if (!(error instanceof DanubeError)) return { verdict: 'crashed', error };
  return {
    verdict: 'rejected',
    code: error.code,
    pointer: error instanceof MalformedError ? error.pointer : '',
  };
}

/** The end of a call in words, for the list of disagreements. */
export function describeAttempt(end: Attempt<unknown>): string {
  if (end.verdict === 'crashed') return `an error outside the closed unions: ${String(end.error)}`;
  if (end.verdict === 'accepted') return 'accepted';
  return `rejected with ${end.code}${end.pointer === '' ? '' : ` at ${end.pointer}`}`;
}
