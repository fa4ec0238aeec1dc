/**
 * One HTTP request at a time, over `node:https`: no redirect is followed, nothing is sent again, no answer is longer
 * than its limit, nothing waits longer than it may. What answers mean is for the caller.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import {
  type Proxy,
  type ProxyEnvironment,
  ProxyError,
  type ProxyErrorCode,
  type ProxyFor,
  readProxies,
  TunnelAgent,
} from '@danube/proxy';
import { StoreError, type StoreErrorCode } from '../errors.ts';
import { isPublicAddress, privateAddress, publicLookup } from './addresses.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Longest body of a success, in bytes. Of any other answer the beginning is read. */
  readonly maxBytes: number;
  /** Somebody else than the user led here: only where everybody can go. */
  readonly publicOnly?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** In milliseconds. */
export interface HttpTimeouts {
  /** Until there is a connection. */
  readonly connect: number;
  /** Without a single byte. */
  readonly idle: number;
  /** For a request in all. */
  readonly total: number;
}

export const HTTP_TIMEOUTS: HttpTimeouts = { connect: 5_000, idle: 10_000, total: 60_000 };

export interface HttpOptions {
  /** Certificates of authorities, PEM, in place of the system's. */
  readonly ca?: string;
  readonly timeouts?: Partial<HttpTimeouts>;
  /**
   * Where `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are looked up; everything is reached directly when left out. What a
   * name means is then for the proxy to find out, also where only public addresses may be reached.
   */
  readonly proxies?: ProxyEnvironment;
}

export interface HttpClient {
  /**
   * @throws {StoreError} `ERR_STORE_UNAVAILABLE`, `_LIMIT`, `_PROTOCOL`, `_REFUSED`; the signal's reason.
   */
  send(request: HttpRequest): Promise<HttpReply>;
  /** Closes idle connections. */
  close(): void;
}

/** Bytes of an answer that is no success: enough for its message. */
const ERROR_BYTES = 16 * 1024;

/** Connections are kept and used again. */
export function createHttpClient(options: HttpOptions = {}): HttpClient {
  const timeouts = { ...HTTP_TIMEOUTS, ...options.timeouts };
  const ca = options.ca === undefined ? {} : { ca: options.ca };
  const anywhere = agentsFor({ keepAlive: true, ...ca });
  // Apart, so that no connection that was made without looking at the address is used again.
  const publicly = agentsFor({ keepAlive: true, lookup: publicLookup, ...ca });
  const proxyFor = proxiesOf(options.proxies ?? {});
  const tunnels = new Map<string, TunnelAgent>();
  const tunnelBy = (proxy: Proxy): TunnelAgent => {
    const agent = tunnels.get(proxy.url.href) ?? new TunnelAgent(proxy, { timeout: timeouts.connect, ...ca });
    tunnels.set(proxy.url.href, agent);
    return agent;
  };
  const viaProxy = (proxy: Proxy): Way => ({
    proxy,
    agent: anywhere[proxy.url.protocol === 'https:' ? 'https:' : 'http:'],
  });
  return {
    async send(request) {
      request.signal?.throwIfAborted();
      const { protocol, hostname } = request.url;
      if (protocol !== 'http:' && protocol !== 'https:') throw refusedScheme(request.url);
      const host = hostname.replace(/^\[|\]$/g, '');
      if (request.publicOnly === true && isIP(host) !== 0 && !isPublicAddress(host))
        throw privateAddress(host);
      const proxy = proxyFor(request.url);
      if (proxy === undefined) {
        const agents = request.publicOnly === true ? publicly : anywhere;
        return exchange(request, { agent: agents[protocol] }, timeouts);
      }
      return exchange(
        request,
        protocol === 'https:' ? { agent: tunnelBy(proxy) } : viaProxy(proxy),
        timeouts,
      );
    },
    close() {
      for (const agent of [...Object.values(anywhere), ...Object.values(publicly), ...tunnels.values()])
        agent.destroy();
    },
  };
}

function agentsFor(options: https.AgentOptions): Readonly<Record<'http:' | 'https:', http.Agent>> {
  return { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
}

/** How a request gets there. */
interface Way {
  readonly agent: http.Agent;
  /** Asked in place of the host, for the whole URL, which is how it goes without TLS (RFC 9112, 3.2.2). */
  readonly proxy?: Proxy;
}

function refusedScheme(url: URL): StoreError {
  return new StoreError('ERR_STORE_REFUSED', `refused: ${url.protocol} to ${url.host}; nothing was sent`);
}

async function exchange(request: HttpRequest, way: Way, timeouts: HttpTimeouts): Promise<HttpReply> {
  const { url, method, headers, body, signal } = request;
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const asked = way.proxy?.url ?? url;
  const sent = (asked.protocol === 'https:' ? https : http).request(asked, {
    agent: way.agent,
    method,
    ...(way.proxy === undefined ? {} : { path: `${url.origin}${url.pathname}${url.search}` }),
    headers: {
      ...(way.proxy === undefined ? {} : headersFor(way.proxy, url)),
      'accept-encoding': 'identity',
      'user-agent': 'danube-provenance',
      ...(body === undefined ? {} : { 'content-length': String(body.length) }),
      ...headers,
    },
  });
  const timers = startTimers(timeouts, reject);
  const giveUp = (): void => reject(signal?.reason);
  signal?.addEventListener('abort', giveUp, { once: true });
  sent.on('socket', (socket) => {
    if (!socket.connecting) return timers.connected();
    socket.once(asked.protocol === 'https:' ? 'secureConnect' : 'connect', timers.connected);
  });
  sent.on('error', reject);
  sent.on('response', (response) => {
    timers.answered();
    readReply(response, request, timers.touch).then(resolve, reject);
  });
  sent.end(body);
  try {
    return await promise;
  } catch (error) {
    sent.destroy();
    signal?.throwIfAborted();
    throw fromNetwork(error, url);
  } finally {
    signal?.removeEventListener('abort', giveUp);
    timers.stop();
  }
}

function headersFor({ authorization }: Proxy, { host }: URL): Record<string, string> {
  return { host, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) };
}

async function readReply(
  response: http.IncomingMessage,
  { method, url, maxBytes }: HttpRequest,
  touch: () => void,
): Promise<HttpReply> {
  const status = response.statusCode ?? 0;
  const reply = { status, headers: response.headers };
  if (method === 'HEAD') {
    response.resume();
    return { ...reply, body: new Uint8Array() };
  }
  const isSuccess = status >= 200 && status <= 299;
  const limit = isSuccess ? maxBytes : ERROR_BYTES;
  checkEncoding(response, url);
  const announced = Number(response.headers['content-length'] ?? 0);
  if (isSuccess && announced > limit) throw tooLong(url, limit);
  const { bytes, isWhole } = await readBody(response, limit, touch);
  if (isSuccess && !isWhole) throw tooLong(url, limit);
  return { ...reply, body: bytes };
}

/** At most `limit` bytes, by events, which cost the least. */
async function readBody(
  response: http.IncomingMessage,
  limit: number,
  touch: () => void,
): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const chunks: Buffer[] = [];
  let length = 0;
  response.on('data', (chunk: Buffer) => {
    touch();
    length += chunk.length;
    if (length <= limit) {
      chunks.push(chunk);
    } else {
      resolve(false);
      response.destroy();
    }
  });
  response.on('end', () => resolve(true));
  response.on('error', reject);
  const isWhole = await promise;
  const [only] = chunks;
  return { bytes: only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks), isWhole };
}

/** We asked for the bytes as they are; what a decoder would make of others has another size and another digest. */
function checkEncoding(response: http.IncomingMessage, url: URL): void {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity' || encoding === '') return;
  throw new StoreError('ERR_STORE_PROTOCOL', `${url.host} sent an encoding that nobody asked for`);
}

function tooLong(url: URL, limit: number): StoreError {
  return new StoreError('ERR_STORE_LIMIT', `an answer of ${url.host} is longer than ${limit} bytes`);
}

interface Timers {
  readonly connected: () => void;
  readonly answered: () => void;
  /** More came. */
  readonly touch: () => void;
  readonly stop: () => void;
}

/** @param expired is told what took too long. */
function startTimers({ connect, idle, total }: HttpTimeouts, expired: (error: StoreError) => void): Timers {
  const start = (what: string, ms: number): NodeJS.Timeout =>
    setTimeout(() => expired(new StoreError('ERR_STORE_UNAVAILABLE', `${what} within ${ms / 1000} s`)), ms);
  const whole = start('no complete answer', total);
  let current = start('no connection', connect);
  const replace = (what: string, ms: number): void => {
    clearTimeout(current);
    current = start(what, ms);
  };
  return {
    connected: () => replace('no answer', idle),
    answered: () => replace('nothing more', idle),
    touch: () => void current.refresh(),
    stop: () => {
      clearTimeout(whole);
      clearTimeout(current);
    },
  };
}

const PROXY_CODES: Readonly<Record<ProxyErrorCode, StoreErrorCode>> = {
  ERR_PROXY_UNAVAILABLE: 'ERR_STORE_UNAVAILABLE',
  ERR_PROXY_DENIED: 'ERR_STORE_DENIED',
  ERR_PROXY_REFUSED: 'ERR_STORE_REFUSED',
};

function fromProxy(error: ProxyError): StoreError {
  const { code, message, hint } = error;
  return new StoreError(PROXY_CODES[code], message, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function proxiesOf(env: ProxyEnvironment): ProxyFor {
  const proxyFor = readProxies(env);
  return (url) => {
    try {
      return proxyFor(url);
    } catch (error) {
      throw error instanceof ProxyError ? fromProxy(error) : error;
    }
  };
}

/** What `node:http` reports, as an error of this package. Anything that is no accident of the network passes. */
function fromNetwork(error: unknown, url: URL): unknown {
  if (error instanceof ProxyError) return fromProxy(error);
  if (!(error instanceof Error) || error instanceof StoreError || !('code' in error)) return error;
  const code = String(error.code);
  if (/^ERR_(?:INVALID|UNESCAPED|HTTP)/.test(code)) return error;
  if (code.startsWith('HPE_')) {
    return new StoreError('ERR_STORE_PROTOCOL', `${url.host} does not answer in HTTP (${code})`, {
      cause: error,
    });
  }
  if (/CERT|TLS|SSL|SIGNED|ISSUER|UNABLE_TO|CRL/.test(code)) {
    return new StoreError(
      'ERR_STORE_REFUSED',
      `${url.host} has no certificate that is trusted here (${code})`,
      {
        cause: error,
      },
    );
  }
  return new StoreError('ERR_STORE_UNAVAILABLE', `${url.host} cannot be reached (${code})`, { cause: error });
}
