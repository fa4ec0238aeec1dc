import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { type Answer, answerWith, type Fault, type SeenRequest } from './fault.ts';
import { listen, readBody, seen } from './server.ts';

export interface S3Server {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly bucket: string;
  /** Key to bytes. */
  readonly objects: Map<string, Buffer>;
  readonly requests: SeenRequest[];
  misbehave: ((request: SeenRequest) => Fault | undefined) | undefined;
  close(): Promise<void>;
}

export interface S3ServerOptions {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
  readonly bucket: string;
  /** Keys on one page of a list. */
  readonly pageSize?: number;
}

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

/** As strict as the service: signatures over everything, conditions obeyed, and nothing is written without a condition. */
export async function startS3(options: S3ServerOptions): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  const requests: SeenRequest[] = [];

  const failure = (status: number, code: string): Answer => ({
    status,
    headers: { 'content-type': 'application/xml' },
    body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`),
  });

  const list = (query: URLSearchParams): Answer => {
    const prefix = query.get('prefix') ?? '';
    const from = query.get('continuation-token') ?? '';
    const keys = [...objects.keys()]
      .filter((key) => key.startsWith(prefix) && key > from.replace(/^after=/, ''))
      .sort();
    const page = keys.slice(0, options.pageSize ?? 1000);
    const isTruncated = page.length < keys.length;
    const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    const next = isTruncated
      ? `<NextContinuationToken>after=${escape(page.at(-1) ?? '')}</NextContinuationToken>`
      : '';
    const contents = page
      .map((key) => `<Contents><Key>${escape(key)}</Key><Size>1</Size></Contents>`)
      .join('');
    const body = `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>${isTruncated}</IsTruncated>${contents}${next}</ListBucketResult>`;
    return { status: 200, headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) };
  };

  const answerTo = (request: SeenRequest, body: Buffer): Answer => {
    const refusal = checkSignature(request, body, options);
    if (refusal !== undefined) return failure(403, refusal);
    const url = new URL(request.path, 'http://s3');
    const [, bucket = '', key = ''] = /^\/([^/]+)\/(.*)$/.exec(url.pathname) ?? [];
    if (bucket !== options.bucket) return failure(404, 'NoSuchBucket');
    if (request.method === 'GET' && key === '') return list(url.searchParams);
    if (request.method === 'GET') {
      const found = objects.get(key);
      return found === undefined ? failure(404, 'NoSuchKey') : { status: 200, body: found };
    }
    if (request.headers['if-none-match'] !== '*') return failure(400, 'InvalidRequest');
    if (objects.has(key)) return failure(412, 'PreconditionFailed');
    objects.set(key, body);
    return { status: 200 };
  };

  const server = createServer((incoming, response) => {
    void (async () => {
      const request = seen(incoming);
      const body = await readBody(incoming);
      requests.push(request);
      const fault = s3.misbehave?.(request);
      await answerWith(response, request.method === 'HEAD', answerTo(request, body), fault);
    })();
  });
  const { host, close } = await listen(server);
  const s3: S3Server = {
    endpoint: `http://${host}`,
    bucket: options.bucket,
    objects,
    requests,
    misbehave: undefined,
    close,
  };
  return s3;
}

/** Signature Version 4, written from the documentation; undefined when it holds. */
function checkSignature(
  { method, path, headers }: SeenRequest,
  body: Buffer,
  options: S3ServerOptions,
): string | undefined {
  const { accessKeyId, secretAccessKey, sessionToken, region } = options;
  const [, key, day = '', scopeRegion = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers['authorization'] ?? '',
    ) ?? [];
  if (key !== accessKeyId) return 'InvalidAccessKeyId';
  if (scopeRegion !== region) return 'AuthorizationHeaderMalformed';
  if (headers['x-amz-security-token'] !== sessionToken) return 'InvalidToken';
  const time = headers['x-amz-date'] ?? '';
  const sentAt = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!time.startsWith(day) || Math.abs(Date.now() - sentAt) > 15 * 60_000) return 'RequestTimeTooSkewed';
  if (headers['x-amz-content-sha256'] !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const signed = names.split(';');
  const must = [
    'host',
    'x-amz-content-sha256',
    'x-amz-date',
    ...(sessionToken === undefined ? [] : ['x-amz-security-token']),
  ];
  if (must.some((name) => !signed.includes(name))) return 'AccessDenied';
  const [pathname = '', query = ''] = path.split('?');
  const canonicalQuery =
    query === ''
      ? ''
      : query
          .split('&')
          .map((part) => (part.includes('=') ? part : `${part}=`))
          .sort()
          .join('&');
  const canonical = [
    method,
    pathname,
    canonicalQuery,
    ...signed.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, `${day}/${region}/s3/aws4_request`, sha256(canonical)].join('\n');
  const hmac = (secret: string | Buffer, text: string): Buffer =>
    createHmac('sha256', secret).update(text).digest();
  const secret = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${secretAccessKey}`, day), region));
  return hmac(secret, toSign).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}
