import type { Envelope, Statement } from 'in-toto-attestation';
import type { KeyBackend } from './key-backend.ts';
import { createPacer } from './pacer.ts';
import { signStatement } from './sign.ts';

/** How many statements are signed. */
export interface SignManyOptions {
  /** Signatures under way at once; 16 when left out. */
  readonly concurrency?: number;
  /** Signatures begun a second, at most. Retries by a key service count against its own `ratePerSecond`. */
  readonly ratePerSecond?: number;
  /** Stops all. */
  readonly signal?: AbortSignal;
}

const CONCURRENCY = 16;

/**
 * Signs statements with one key, several at a time; the envelopes are in the order of the statements. All or nothing:
 * the first failure stops what is under way, and is thrown.
 *
 * @throws as {@link signStatement}; {TypeError} for a concurrency that is no positive whole number.
 */
export async function signStatements(
  statements: readonly Statement[],
  backend: KeyBackend,
  options: SignManyOptions = {},
): Promise<Envelope[]> {
  const { concurrency = CONCURRENCY, ratePerSecond } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    throw new TypeError('the concurrency must be from 1 on');
  const pace = createPacer(ratePerSecond);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const envelopes: Envelope[] = [];
  const waiting = statements.entries();
  const work = async (): Promise<void> => {
    for (const [index, statement] of waiting) {
      await pace(signal);
      envelopes[index] = await signStatement(statement, backend, { signal });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, statements.length) }, work));
    return envelopes;
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}
