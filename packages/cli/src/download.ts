import { CliError } from './exit-code.ts';

/** How long a server may take for all of its answer. */
const DEADLINE_MS = 30_000;

/**
 * Asks a server that the caller named on the command line. No redirect is followed, no credential is sent, and no more
 * is read than `maxBytes`.
 *
 * @throws CliError ERR_SERVICE
 */
export async function download(url: URL, maxBytes: number, init: RequestInit = {}): Promise<Uint8Array> {
  try {
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (!response.ok) throw failed(url, `it answered with status ${response.status}`);
    return await readAtMost(response, maxBytes, url);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw failed(url, reasonOf(error), error);
  }
}

async function readAtMost({ body }: Response, maxBytes: number, url: URL): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of body ?? []) {
    total += chunk.length;
    if (total > maxBytes) throw failed(url, `its answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** `fetch` says that it failed, and hides why in the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `it did not answer within ${DEADLINE_MS / 1000} s`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function failed(url: URL, reason: string, cause?: unknown): CliError {
  return new CliError('ERR_SERVICE', `no usable answer from ${url.host}: ${reason}`, {
    hint: 'nothing was written; try again, or look at the service and the way to it',
    cause,
  });
}
