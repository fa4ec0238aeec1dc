/**
 * HTTPS through a proxy: `CONNECT`, and then TLS with the real host, whose certificate is verified as without one. Node's own
 * `proxyEnv` writes the password of a proxy into its errors, and the well-known agent takes a proxy's refusal for an
 * answer of the host; here a proxy that does not open the way is an error that names the proxy alone.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { Duplex } from 'node:stream';
import type { Proxy } from './environment.ts';
import { ProxyError } from './errors.ts';

export interface TunnelOptions {
  /** Certificates of authorities, PEM, in place of the system's: for the host, and for a proxy that speaks TLS. */
  readonly ca?: string;
  /** What we show to a host that asks for a certificate (PEM); the proxy never sees it. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string } | undefined;
  /** Milliseconds until the way is open. */
  readonly timeout: number;
}

/** An agent whose connections all go through one proxy; they are kept and used again as others are. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: Proxy;
  readonly #tunnel: TunnelOptions;

  constructor(proxy: Proxy, tunnel: TunnelOptions) {
    super({
      keepAlive: true,
      ...(tunnel.ca === undefined ? {} : { ca: tunnel.ca }),
      ...tunnel.clientCertificate,
    });
    this.#proxy = proxy;
    this.#tunnel = tunnel;
  }

  override createConnection(
    options: https.RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const target = `${bracketed(options.host ?? '')}:${options.port}`;
    const secure = async (): Promise<Duplex> => {
      const socket = await openTunnel(this.#proxy, target, this.#tunnel);
      const secured = super.createConnection(Object.assign({}, options, { socket }));
      if (secured instanceof Duplex) return secured;
      throw new TypeError('node:https made no connection');
    };
    secure().then(
      (secured) => callback?.(null, secured),
      // Nobody looks at the stream beside an error.
      (error: Error) => callback?.(error, new Duplex()),
    );
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** @throws {ProxyError} `ERR_PROXY_UNAVAILABLE`, `_DENIED`, `_REFUSED` */
async function openTunnel(proxy: Proxy, target: string, { ca, timeout }: TunnelOptions): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const { url, authorization } = proxy;
  const request = (url.protocol === 'https:' ? https : http).request(url, {
    method: 'CONNECT',
    path: target,
    agent: false,
    signal: AbortSignal.timeout(timeout),
    ...(ca === undefined ? {} : { ca }),
    headers: {
      host: target,
      ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
    },
  });
  request.on('error', (cause: Error & { code?: unknown }) => {
    const reason =
      cause.name === 'TimeoutError' || cause.name === 'AbortError' ? 'no answer in time' : String(cause.code);
    reject(
      new ProxyError('ERR_PROXY_UNAVAILABLE', `the proxy ${url.host} cannot be reached (${reason})`, {
        cause,
      }),
    );
  });
  // Whatever a proxy says in place of opening the way is its own word, never the host's.
  request.on('response', (response) => {
    response.destroy();
    reject(notOpened(url, target, response.statusCode ?? 0));
  });
  request.on('connect', ({ statusCode = 0 }: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    if (statusCode >= 200 && statusCode <= 299 && head.length === 0) return resolve(socket);
    socket.destroy();
    reject(notOpened(url, target, statusCode));
  });
  request.end();
  return promise;
}

function notOpened(url: URL, target: string, status: number): ProxyError {
  const what = `the proxy ${url.host} does not connect to ${target} (${status})`;
  if (status === 407) {
    return new ProxyError('ERR_PROXY_DENIED', what, {
      hint: 'it asks for credentials: http://USER:PASSWORD@HOST:PORT',
    });
  }
  return new ProxyError(status >= 500 ? 'ERR_PROXY_UNAVAILABLE' : 'ERR_PROXY_REFUSED', what);
}
