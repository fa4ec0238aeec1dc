import { setTimeout as wait } from 'node:timers/promises';
import { StoreError } from '../errors.ts';
import type { HttpClient, HttpReply, HttpRequest } from './http-client.ts';

export interface RetryOptions {
  /** How often a request is sent at most; 4 when left out. */
  readonly attempts?: number;
  /** Longest wait before the next attempt, in milliseconds; a service that asks for more is given up. 20 s when left out. */
  readonly longestWait?: number;
}

const FIRST_WAIT = 200;

/**
 * Sends a request, again when there is no answer or one that says "later": 408, 429, 5xx. Waits for as long as the service
 * asks for.
 *
 * @throws {StoreError} `ERR_STORE_UNAVAILABLE` when there is no other answer to the last attempt; what `send` throws.
 */
export async function sendPatiently(
  client: HttpClient,
  request: HttpRequest,
  { attempts = 4, longestWait = 20_000 }: RetryOptions = {},
): Promise<HttpReply> {
  for (let attempt = 1; ; attempt += 1) {
    const { reply, later, retryAfter } = await tryOnce(client, request);
    if (reply !== undefined) return reply;
    const pause = retryAfter ?? backoff(attempt);
    if (attempt >= attempts || pause > longestWait) throw later;
    await waitFor(pause, request.signal);
  }
}

interface Outcome {
  readonly reply?: HttpReply;
  /** Why there is no answer yet. */
  readonly later?: StoreError;
  /** In milliseconds. */
  readonly retryAfter?: number | undefined;
}

async function tryOnce(client: HttpClient, request: HttpRequest): Promise<Outcome> {
  try {
    const reply = await client.send(request);
    if (!isLater(reply.status)) return { reply };
    const error = new StoreError('ERR_STORE_UNAVAILABLE', `${request.url.host} answers ${reply.status}`, {
      hint: 'try again later',
    });
    return { later: error, retryAfter: readRetryAfter(reply.headers['retry-after']) };
  } catch (error) {
    if (error instanceof StoreError && error.code === 'ERR_STORE_UNAVAILABLE') return { later: error };
    throw error;
  }
}

function isLater(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

function backoff(attempt: number): number {
  const longest = FIRST_WAIT * 2 ** (attempt - 1);
  return longest / 2 + Math.random() * (longest / 2);
}

/** RFC 9110, 10.2.3: seconds, or a date. In milliseconds. */
function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** Rejects with the signal's reason. */
export async function waitFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
