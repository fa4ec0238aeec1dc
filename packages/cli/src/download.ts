import { StoreError } from '@danube/store';
import { createHttpClient, type HttpClient, type HttpRequest } from '@danube/store/http';
import { CliError } from './exit-code.ts';

/** How long a server may take for all of its answer. */
const DEADLINE_MS = 30_000;

/** A client for servers that the caller named on the command line: no redirect is followed, no credential is sent. */
export function createDownloader(): HttpClient {
  return createHttpClient({ proxies: process.env, timeouts: { idle: DEADLINE_MS, total: DEADLINE_MS } });
}

/**
 * Asks such a server once.
 *
 * @throws CliError ERR_SERVICE, also for an answer that is no success.
 */
export async function download(request: HttpRequest): Promise<Uint8Array> {
  const { url } = request;
  const client = createDownloader();
  try {
    const { status, body } = await client.send(request);
    if (status < 200 || status > 299) throw failed(url, `it answered with status ${status}`);
    return body;
  } catch (error) {
    throw error instanceof StoreError ? failed(url, error.message, error) : error;
  } finally {
    client.close();
  }
}

function failed(url: URL, reason: string, cause?: unknown): CliError {
  return new CliError('ERR_SERVICE', `no usable answer from ${url.host}: ${reason}`, {
    hint: 'nothing was written; try again, or look at the service and the way to it',
    cause,
  });
}
