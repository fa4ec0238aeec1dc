import { StoreError } from '@danube/store';
import type { HttpClient, HttpReply } from '@danube/store/http';
import { BaseFetcher } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { createDownloader } from '../download.ts';
import { CliError } from '../exit-code.ts';
import { readCached } from './tuf-cache.ts';
import { keyProblem } from './tuf-keys.ts';

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
  readonly #maxBytes: number;
  readonly #client: HttpClient = createDownloader();

  /** @param maxBytes of any file; the client has lower limits of its own for most. */
  constructor(cache: string, maxBytes: number) {
    super();
    this.#cache = cache;
    this.#maxBytes = maxBytes;
  }

  override async fetch(address: string): Promise<ReadableStream<Bytes>> {
    const root = ROOT.exec(address)?.[1];
    const { status, body } = await this.#get(address);
    if ((status === 404 || status === 403) && root !== undefined) return this.#cached(root, status);
    if (status < 200 || status > 299) throw this.#failed(address, `it answered with status ${status}`);
    const bytes = Buffer.from(body);
    if (root === undefined) return streamOf(bytes);
    this.roots.set(root, bytes);
    return rootStream(bytes);
  }

  /** Closes connections. */
  close(): void {
    this.#client.close();
  }

  async #get(address: string): Promise<HttpReply> {
    try {
      return await this.#client.send({ method: 'GET', url: new URL(address), maxBytes: this.#maxBytes });
    } catch (error) {
      // What is too long is no accident of the network: the repository is not to be trusted.
      if (!(error instanceof StoreError) || error.code === 'ERR_STORE_LIMIT') throw error;
      throw this.#failed(address, error.message, error);
    }
  }

  #cached(name: string, status: number): ReadableStream<Bytes> {
    const bytes = readCached(this.#cache, name);
    // Without it, the root before it is the newest.
    if (bytes === undefined) throw new DownloadHTTPError('there is no such root', status);
    return rootStream(Buffer.from(bytes));
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
