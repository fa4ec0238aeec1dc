import { BaseFetcher } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { CliError } from '../exit-code.ts';
import { reasonOf } from '../download.ts';
import { readCached } from './tuf-cache.ts';
import { keyProblem } from './tuf-keys.ts';

/** How long a repository may take for one file. */
const DEADLINE_MS = 30_000;
/** More than any root metadata has. */
const ROOT_BYTES = 512_000;
/** What streams of the web hold. */
type Bytes = Uint8Array<ArrayBuffer>;

const ROOT = /\/([1-9][0-9]*\.root\.json)$/;

/**
 * Fetches what a TUF client asks for: no redirects, no credentials, a deadline for each file. Roots that were seen before
 * are in the cache, and stand in where the repository does not show them any more: whoever withholds a newer root cannot
 * bring an older one, with keys that were replaced, back into force. The client verifies them as it does all others.
 */
export class TufFetcher extends BaseFetcher {
  /** Roots that the repository showed now, by their file name. */
  readonly roots: Map<string, Uint8Array> = new Map();
  /** What kept a file from being fetched at all; the client wraps errors into texts. */
  failure: CliError | undefined;
  readonly #cache: string;
  readonly #stop: AbortController = new AbortController();

  constructor(cache: string) {
    super();
    this.#cache = cache;
  }

  override async fetch(address: string): Promise<ReadableStream<Bytes>> {
    const root = ROOT.exec(address)?.[1];
    const response = await this.#get(address);
    if ((response.status === 404 || response.status === 403) && root !== undefined) {
      await response.body?.cancel();
      return this.#cached(root, response.status);
    }
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw this.#failed(address, `it answered with status ${response.status}`);
    }
    return root === undefined ? response.body : this.#rememberRoot(root, response.body);
  }

  /** Lets go of whatever a server may still be sending. */
  close(): void {
    this.#stop.abort();
  }

  async #get(address: string): Promise<Response> {
    try {
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(DEADLINE_MS)]);
      return await fetch(address, { redirect: 'manual', signal });
    } catch (error) {
      throw this.#failed(address, reasonOf(error), error);
    }
  }

  #cached(name: string, status: number): ReadableStream<Bytes> {
    const bytes = readCached(this.#cache, name);
    // Without it, the root before it is the newest.
    if (bytes === undefined) throw new DownloadHTTPError('there is no such root', status);
    return rootStream(Buffer.from(bytes));
  }

  /** What is longer than a root goes on to the client, which refuses it. */
  async #rememberRoot(name: string, body: ReadableStream<Bytes>): Promise<ReadableStream<Bytes>> {
    const chunks: Bytes[] = [];
    let total = 0;
    for await (const chunk of body) {
      chunks.push(chunk);
      total += chunk.length;
      if (total > ROOT_BYTES) break;
    }
    const bytes = Buffer.concat(chunks);
    this.roots.set(name, bytes);
    return total > ROOT_BYTES ? streamOf(bytes) : rootStream(bytes);
  }

  #failed(address: string, reason: string, cause?: unknown): CliError {
    this.failure = new CliError('ERR_SERVICE', `cannot fetch ${address}: ${reason}`, {
      hint: 'the trust root that is there stays in force until it expires',
      cause,
    });
    return this.failure;
  }
}

/** A root, before anybody counts who signed it and whom it names. @throws Error when that would count one key twice */
function rootStream(bytes: Bytes): ReadableStream<Bytes> {
  const problem = keyProblem(bytes);
  if (problem !== undefined) throw new Error(problem);
  return streamOf(bytes);
}

function streamOf(bytes: Bytes): ReadableStream<Bytes> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}
