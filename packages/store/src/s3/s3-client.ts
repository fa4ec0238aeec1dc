/** The few requests of Amazon S3, and of what is compatible with it, that a store needs. Signed by Signature Version 4. */
import { parseXml, type XmlDocument, XmlElement, XmlError } from '@rgrove/parse-xml';
import aws4 from 'aws4';
import { createHash } from 'node:crypto';
import { StoreError } from '../errors.ts';
import { createHttpClient, type HttpOptions, type HttpReply } from '../http/http-client.ts';
import { type RetryOptions, sendPatiently } from '../http/retry.ts';

export interface S3Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Options extends HttpOptions {
  readonly bucket: string;
  readonly region: string;
  /** The service, where it is not Amazon's: buckets are then the first segment of the path. */
  readonly endpoint?: string;
  /** Called before each request; whoever gives it keeps what expires. */
  readonly credentials: (signal: AbortSignal | undefined) => Promise<S3Credential>;
  readonly retry?: RetryOptions;
}

export interface S3Client {
  /** Stores an object unless there is one. False when there is one. */
  create(key: string, body: Uint8Array, signal: AbortSignal | undefined): Promise<boolean>;
  /** Undefined when there is none. */
  get(key: string, maxBytes: number, signal: AbortSignal | undefined): Promise<Uint8Array | undefined>;
  /** The keys that begin so, in order. */
  list(prefix: string, signal: AbortSignal | undefined): AsyncGenerator<string>;
  close(): void;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const REGION = /^[a-z0-9-]{1,64}$/;
const LIST_BYTES = 4_194_304;
const CONFLICT_ATTEMPTS = 5;

/** @throws {StoreError} `ERR_STORE_REFUSED` for an endpoint that is not reached by HTTPS, unless it is on this machine */
export function createS3Client(options: S3Options): S3Client {
  const { bucket, region } = options;
  if (!BUCKET.test(bucket)) throw new TypeError('not the name of a bucket');
  if (!REGION.test(region)) throw new TypeError('not the name of a region');
  const base = baseUrl(options);
  const http = createHttpClient(options);

  const send = async (
    method: 'GET' | 'PUT',
    path: string,
    more: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Uint8Array;
      readonly maxBytes: number;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<HttpReply> => {
    const url = new URL(`${base.pathname.replace(/\/$/, '')}/${path}`, base);
    const { accessKeyId, secretAccessKey, sessionToken } = await options.credentials(more.signal);
    const signed = aws4.sign(
      {
        service: 's3',
        region,
        method,
        host: url.host,
        path: url.pathname + url.search,
        headers: {
          ...more.headers,
          'X-Amz-Content-Sha256': createHash('sha256')
            .update(more.body ?? '')
            .digest('hex'),
        },
      },
      { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    );
    const headers = Object.fromEntries(
      Object.entries(signed.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    const body = more.body === undefined ? {} : { body: more.body };
    const request = { method, url, headers, ...body, maxBytes: more.maxBytes, signal: more.signal };
    return checked(await sendPatiently(http, request, options.retry), url, path);
  };

  return {
    async create(key, body, signal) {
      for (let attempt = 1; ; attempt += 1) {
        const headers = { 'if-none-match': '*', 'content-type': 'application/octet-stream' };
        const { status } = await send('PUT', key, { headers, body, maxBytes: LIST_BYTES, signal });
        if (status === 200 || status === 204) return true;
        if (status === 412) return false;
        // Somebody else is at it (409 ConditionalRequestConflict): ask again who won.
        if (status !== 409 || attempt === CONFLICT_ATTEMPTS) throw unexpected(base, status);
      }
    },
    async get(key, maxBytes, signal) {
      const { status, body } = await send('GET', key, { maxBytes, signal });
      if (status === 404) return undefined;
      if (status === 200) return body;
      throw unexpected(base, status);
    },
    async *list(prefix, signal) {
      for (let token: string | undefined = ''; token !== undefined;) {
        const query = listQuery(prefix, token);
        const { status, body } = await send('GET', `?${query.toString()}`, { maxBytes: LIST_BYTES, signal });
        if (status !== 200) throw unexpected(base, status);
        const page = readPage(body, base);
        yield* page.keys;
        token = page.next;
      }
    },
    close: () => http.close(),
  };
}

function baseUrl({ bucket, region, endpoint }: S3Options): URL {
  if (endpoint === undefined) {
    const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    // A dot in the name would not be in the certificate.
    return bucket.includes('.')
      ? new URL(`https://s3.${region}.${suffix}/${bucket}/`)
      : new URL(`https://${bucket}.s3.${region}.${suffix}/`);
  }
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isLocal = url !== undefined && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (
    url === undefined ||
    (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) ||
    url.username !== ''
  ) {
    throw new StoreError(
      'ERR_STORE_REFUSED',
      'refused: an S3 endpoint that is no https: URL; nothing was sent',
      {
        hint: 'http: is for a server on this machine alone',
      },
    );
  }
  return new URL(`${url.pathname.replace(/\/$/, '')}/${bucket}/`, url);
}

function listQuery(prefix: string, token: string): URLSearchParams {
  const query = new URLSearchParams({ 'list-type': '2', prefix });
  if (token !== '') query.set('continuation-token', token);
  return query;
}

/** @throws {StoreError} `ERR_STORE_DENIED`, `_NOT_FOUND`, `_REFUSED` */
function checked(reply: HttpReply, url: URL, path: string): HttpReply {
  if (reply.status === 401 || reply.status === 403) {
    throw new StoreError('ERR_STORE_DENIED', `${url.host} refuses the AWS credential (${codeIn(reply)})`);
  }
  if (reply.status >= 300 && reply.status <= 399) {
    throw new StoreError(
      'ERR_STORE_REFUSED',
      `${url.host} answers with a redirect, which is never followed`,
      {
        hint: 'name the region of the bucket, or its endpoint',
      },
    );
  }
  if (reply.status === 404 && (path.startsWith('?') || codeIn(reply) === 'NoSuchBucket')) {
    throw new StoreError('ERR_STORE_NOT_FOUND', `there is no such bucket at ${url.host}`);
  }
  return reply;
}

function unexpected(url: URL, status: number): StoreError {
  return new StoreError('ERR_STORE_PROTOCOL', `${url.host} answers ${status}`);
}

/** The service's name for what is wrong; only a plain word is shown. */
function codeIn({ body }: HttpReply): string {
  return /<Code>([A-Za-z]{1,64})<\/Code>/.exec(Buffer.from(body).toString('utf8'))?.[1] ?? 'no reason given';
}

interface Page {
  readonly keys: readonly string[];
  readonly next: string | undefined;
}

function readPage(body: Uint8Array, url: URL): Page {
  const root = rootOf(body, url);
  const keys = root.children.flatMap((child) =>
    child instanceof XmlElement && child.name === 'Contents' ? texts(child, 'Key') : [],
  );
  const [isTruncated] = texts(root, 'IsTruncated');
  const [next] = texts(root, 'NextContinuationToken');
  if (isTruncated === 'true' && (next === undefined || next === '')) {
    throw new StoreError('ERR_STORE_PROTOCOL', `${url.host} says that a list goes on, and not where`);
  }
  return { keys, next: isTruncated === 'true' ? next : undefined };
}

function texts(parent: XmlElement, name: string): string[] {
  return parent.children.flatMap((child) =>
    child instanceof XmlElement && child.name === name ? [child.text] : [],
  );
}

function rootOf(body: Uint8Array, url: URL): XmlElement {
  try {
    const document: XmlDocument = parseXml(Buffer.from(body).toString('utf8'));
    if (document.root?.name === 'ListBucketResult') return document.root;
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
  }
  throw new StoreError(
    'ERR_STORE_PROTOCOL',
    `${url.host} answers with another list than ListObjectsV2 gives`,
  );
}
