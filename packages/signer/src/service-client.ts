/**
 * The one way in which key services, token endpoints and metadata services are asked. A redirect is never followed, a
 * request never waits longer than its deadline, an answer is never longer than its cap, and only what the service calls
 * temporary is tried again.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { ProxyError, readProxies, TunnelAgent } from '@danube/proxy';
import { isJsonObject, parseJson, type JsonObject } from 'in-toto-attestation';
import { deadlinesOf, waitFor } from './deadline.ts';
import type { Endpoint } from './endpoint.ts';
import { SignError } from './errors.ts';
import type { AuditRecord, ServiceOptions } from './key-service.ts';
import { createPacer } from './pacer.ts';

/** One request below the endpoint's URL. */
export interface ServiceRequest {
  /** For the audit log: `sign`, `public-key`, `token`. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path and query, from `/` on, below the endpoint's own path. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** For the audit log. */
  readonly subject?: Pick<AuditRecord, 'key' | 'version' | 'paeSha256'>;
  /** Longest answer, in bytes; 64 KiB when left out. */
  readonly maxReplyBytes?: number;
}

export interface ServiceReply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** What a reply that is no success means. */
export interface Refusal {
  /** The service's own name for it; goes into the audit log. */
  readonly outcome: string;
  /** Whether the same request may succeed later. */
  readonly temporary: boolean;
  readonly error: SignError;
}

/** Looks at a reply; `undefined` takes it as success. */
export type Judge = (reply: ServiceReply) => Refusal | undefined;

export interface ServiceClient {
  readonly endpoint: Endpoint;
  /**
   * Sends a request, again where its failure is temporary, until `signal` stops it.
   *
   * @param prepare makes the request anew for each attempt: signatures hold the time, tokens expire.
   * @throws {SignError} the judge's error, ERR_SIGN_UNAVAILABLE, ERR_SIGN_ENDPOINT, ERR_SIGN_BACKEND; the signal's reason.
   */
  call(
    prepare: () => Promise<ServiceRequest> | ServiceRequest,
    judge: Judge,
    signal: AbortSignal,
  ): Promise<ServiceReply>;
  /** Closes idle connections. */
  close(): void;
}

export interface ClientOptions extends ServiceOptions {
  /** The scheme of the key URI, for the audit log: `awskms`. */
  readonly service: string;
  /** How often a request is sent at most; 6 when left out. */
  readonly maxAttempts?: number;
  /** What we show to a server that asks for a certificate (PEM). */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
}

const MAX_ATTEMPTS = 6;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
const MAX_REPLY_BYTES = 64 * 1024;

/** A client for one endpoint. Connections are kept and used again. */
export function createServiceClient(endpoint: Endpoint, options: ClientOptions): ServiceClient {
  const pace = createPacer(options.ratePerSecond);
  const transport = createTransport(endpoint, options);
  const attempt = async (request: ServiceRequest, number: number, judge: Judge, signal: AbortSignal) => {
    const attempted = await tryOnce(() => transport.send(request, signal), judge, endpoint, signal);
    audit(options, request, number, attempted);
    return attempted;
  };
  return {
    endpoint,
    close: () => transport.close(),
    async call(prepare, judge, signal) {
      for (let number = 1; ; number += 1) {
        const request = await prepare();
        await pace(signal);
        const attempted = await attempt(request, number, judge, signal);
        if ('thrown' in attempted) throw attempted.thrown;
        if (attempted.refusal === undefined) return attempted.reply;
        const { error, temporary } = attempted.refusal;
        if (!temporary || number >= (options.maxAttempts ?? MAX_ATTEMPTS)) throw error;
        await waitFor(pauseAfter(number, attempted.reply), signal);
      }
    },
  };
}

interface Answered {
  readonly outcome: string;
  readonly reply: ServiceReply;
  readonly refusal?: undefined;
}

interface Refused {
  readonly outcome: string;
  readonly reply?: ServiceReply;
  readonly refusal: Refusal;
}

interface Stopped {
  readonly outcome: string;
  readonly reply?: undefined;
  readonly thrown: unknown;
}

type Attempted = Answered | Refused | Stopped;

async function tryOnce(
  send: () => Promise<ServiceReply>,
  judge: Judge,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Attempted> {
  try {
    const reply = await send();
    const refusal = refuseRedirect(reply, endpoint) ?? judge(reply);
    return refusal === undefined ? { outcome: 'ok', reply } : { outcome: refusal.outcome, reply, refusal };
  } catch (error) {
    if (signal.aborted) return { outcome: 'aborted', thrown: signal.reason };
    const refusal = connectionRefusal(error, endpoint);
    return refusal === undefined
      ? { outcome: error instanceof SignError ? 'refused' : 'failed', thrown: error }
      : { outcome: refusal.outcome, refusal };
  }
}

function audit(
  { audit: write, service }: ClientOptions,
  request: ServiceRequest,
  attempt: number,
  attempted: Attempted,
): void {
  const { outcome, reply } = attempted;
  const requestId = reply === undefined ? undefined : requestIdOf(reply);
  write?.({
    time: new Date().toISOString(),
    service,
    operation: request.operation,
    ...request.subject,
    attempt,
    outcome,
    ...(requestId !== undefined && { requestId }),
  });
}

const REQUEST_ID_HEADERS = [
  'x-amzn-requestid',
  'x-ms-request-id',
  'x-goog-request-id',
  'x-vault-request-id',
  'x-request-id',
];

/** An id is an id, not a text that somebody else writes into our log. */
function requestIdOf({ headers }: ServiceReply): string | undefined {
  const value = REQUEST_ID_HEADERS.map((name) => headers[name]).find((found) => found !== undefined);
  return typeof value === 'string' && /^[\w.:/=+-]{1,128}$/.test(value) ? value : undefined;
}

function refuseRedirect({ status }: ServiceReply, { url }: Endpoint): Refusal | undefined {
  if (status < 300 || status > 399) return undefined;
  return {
    outcome: 'redirect',
    temporary: false,
    error: new SignError(
      'ERR_SIGN_ENDPOINT',
      `${url.host} answered with a redirect (${status}), which is never followed`,
      {
        hint: 'name the endpoint itself; a credential goes to no other host',
      },
    ),
  };
}

/** Milliseconds until the next attempt: what the service asks for, else twice as long each time, with jitter. */
function pauseAfter(number: number, reply: ServiceReply | undefined): number {
  const asked = retryAfter(reply?.headers['retry-after']);
  if (asked !== undefined) return asked;
  const longest = Math.min(FIRST_WAIT_MS * 2 ** (number - 1), LONGEST_WAIT_MS);
  return longest / 2 + Math.random() * (longest / 2);
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - Date.now()), 10 ** 9);
}

/** No answer at all: `undefined` when that is no accident of the network. */
function connectionRefusal(error: unknown, { url }: Endpoint): Refusal | undefined {
  if (error instanceof Timeout) {
    return unavailable('timeout', `${url.host} ${error.message}`, error);
  }
  if (error instanceof ProxyError) return proxyRefusal(error);
  if (!(error instanceof Error) || error instanceof SignError || !('code' in error)) return undefined;
  const code = String(error.code);
  if (/CERT|TLS|SSL|SIGNED|ISSUER|UNABLE_TO|CRL/.test(code)) {
    const message = `${url.host} has no certificate that is trusted here (${code})`;
    return {
      outcome: 'tls',
      temporary: false,
      error: new SignError('ERR_SIGN_ENDPOINT', message, { cause: error }),
    };
  }
  return unavailable('connection', `${url.host} cannot be reached (${code})`, error);
}

function proxyRefusal(cause: ProxyError): Refusal {
  const { code, message, hint } = cause;
  if (code === 'ERR_PROXY_UNAVAILABLE') return unavailable('proxy', message, cause);
  const error = new SignError('ERR_SIGN_ENDPOINT', message, { cause, ...(hint !== undefined && { hint }) });
  return { outcome: 'proxy', temporary: false, error };
}

/** The refusal of a service that may answer later. */
export function unavailable(outcome: string, message: string, cause?: unknown): Refusal {
  const error = new SignError('ERR_SIGN_UNAVAILABLE', message, { hint: 'try again later', cause });
  return { outcome, temporary: true, error };
}

class Timeout extends Error {}

interface Transport {
  send(request: ServiceRequest, signal: AbortSignal): Promise<ServiceReply>;
  close(): void;
}

function createTransport(endpoint: Endpoint, options: ClientOptions): Transport {
  const { connectMs, callMs } = deadlinesOf(options);
  const { url, lookup } = endpoint;
  const secure = url.protocol === 'https:';
  let agent: http.Agent | undefined;
  const send = (request: ServiceRequest, signal: AbortSignal): Promise<ServiceReply> => {
    const { promise, resolve, reject } = Promise.withResolvers<ServiceReply>();
    const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
    agent ??= agentFor(url, connectMs, options);
    const sent = (secure ? https : http).request({
      agent,
      lookup,
      signal,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      method: request.method,
      path: url.pathname.replace(/\/$/, '') + request.path,
      headers: {
        'accept-encoding': 'identity',
        ...(body !== undefined && { 'content-length': String(body.length) }),
        ...request.headers,
      },
    });
    const timers = startTimers(sent, secure, connectMs, callMs);
    sent.on('error', reject);
    sent.on('response', (response) => {
      readReply(response, request.maxReplyBytes ?? MAX_REPLY_BYTES).then(resolve, reject);
    });
    sent.end(body);
    return promise.catch((error: unknown) => Promise.reject(timers.expired() ?? error)).finally(timers.stop);
  };
  return { send, close: () => agent?.destroy() };
}

/** Only `https:` goes by a proxy: without TLS there are loopback addresses and metadata services, which are this machine's own. */
function agentFor(url: URL, timeout: number, options: ClientOptions): http.Agent {
  if (url.protocol !== 'https:') return new http.Agent({ keepAlive: true });
  const { environment = process.env, clientCertificate } = options;
  const ca = options.ca === undefined ? {} : { ca: options.ca };
  const proxy = readProxies(environment)(url);
  return proxy === undefined
    ? new https.Agent({ keepAlive: true, ...ca, ...clientCertificate })
    : new TunnelAgent(proxy, { timeout, clientCertificate, ...ca });
}

interface Timers {
  /** What ended the request, if a timer did: the socket's own error then only says that it was closed. */
  readonly expired: () => Timeout | undefined;
  readonly stop: () => void;
}

/** How far the clock of the service is ahead of ours, in milliseconds, by the Date of its reply. */
export function clockSkewOf({ headers }: ServiceReply): number | undefined {
  const date = headers.date === undefined ? Number.NaN : Date.parse(headers.date);
  return Number.isNaN(date) ? undefined : date - Date.now();
}

function startTimers(sent: http.ClientRequest, secure: boolean, connectMs: number, callMs: number): Timers {
  let expired: Timeout | undefined;
  const start = (what: string, ms: number): NodeJS.Timeout =>
    setTimeout(() => {
      expired = new Timeout(`${what} within ${ms / 1000} s`);
      sent.destroy(expired);
    }, ms);
  const call = start('did not answer', callMs);
  let connect: NodeJS.Timeout | undefined;
  sent.on('socket', (socket) => {
    if (!socket.connecting) return;
    connect = start('could not be connected to', connectMs);
    socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connect));
  });
  return {
    expired: () => expired,
    stop: () => {
      clearTimeout(call);
      clearTimeout(connect);
    },
  };
}

async function readReply(response: http.IncomingMessage, maxBytes: number): Promise<ServiceReply> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk instanceof Uint8Array ? chunk : String(chunk));
    length += bytes.length;
    if (length > maxBytes) {
      response.destroy();
      throw new SignError('ERR_SIGN_BACKEND', `an answer is longer than ${maxBytes} bytes`);
    }
    chunks.push(bytes);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

/**
 * The JSON object in a reply.
 *
 * @throws {SignError} ERR_SIGN_BACKEND when it is none; the answer itself is not quoted.
 */
export function jsonOf(reply: ServiceReply, service: string): JsonObject {
  try {
    const value = parseJson(reply.body);
    if (isJsonObject(value)) return value;
  } catch (error) {
    throw new SignError('ERR_SIGN_BACKEND', `${service} answered ${reply.status} with no JSON`, {
      cause: error,
    });
  }
  throw new SignError(
    'ERR_SIGN_BACKEND',
    `${service} answered ${reply.status} with another JSON value than an object`,
  );
}

/** The JSON object in a reply that may as well hold something else, as errors do. */
export function optionalJsonOf(reply: ServiceReply): JsonObject {
  try {
    return jsonOf(reply, '');
  } catch {
    return {};
  }
}

/** The value when it is a string, else the empty string, which no check takes for an answer. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
