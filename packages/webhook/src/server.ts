import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { encodeAdmissionResponse, parseAdmissionReview, type AdmissionRequest } from './admission-review.ts';
import { decisionLine, type AuditLog } from './audit.ts';
import type { WebhookConfig } from './config-schema.ts';
import { budgetOf } from './deadline.ts';
import { WebhookError } from './errors.ts';
import { answerProvider, parseProviderRequest } from './gatekeeper.ts';
import type { ImageJudge } from './image-judge.ts';
import type { PullSecrets } from './pull-secrets.ts';
import { decide, failDecision, type Decision, type Phase } from './review.ts';
import type { Rules } from './rules.ts';
import { isAllowedClient, type Certificate } from './tls.ts';
import { inReviewSpan } from './tracing.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

/** What the server works with. `rules` and `isReady` are asked anew for each request. */
export interface ServerParts {
  readonly config: WebhookConfig;
  readonly rules: () => Rules;
  readonly judge: ImageJudge;
  readonly pullSecrets: PullSecrets | undefined;
  readonly metrics: WebhookMetrics;
  readonly log: AuditLog;
  /** Why it is not ready; `undefined` when it is. */
  readonly unready: () => string | undefined;
}

/** Longer than the API server keeps an idle connection (90 s): it is never the one that finds it closed. */
const KEEP_ALIVE_MS = 120_000;
const HEADERS_MS = 10_000;
const REQUEST_MS = 35_000;
const HEADER_BYTES = 16_384;
const DRAIN_MS = 30_000;

/** A server that listens: what Kubernetes asks by TLS, and what people and probes look at without. */
export class WebhookServer {
  readonly #parts: ServerParts;
  readonly #server: TlsServer;
  readonly #metricsServer: Server;
  #underWay = 0;
  #isEnding = false;

  constructor(parts: ServerParts, certificate: Certificate) {
    this.#parts = parts;
    const { limits, tls } = parts.config;
    const options = {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      maxHeaderSize: HEADER_BYTES,
      connectionsCheckingInterval: 5000,
    };
    const wantsClients = tls?.clientCertificates !== undefined;
    this.#server = createServer(
      { ...options, ...certificate.context, requestCert: wantsClients, rejectUnauthorized: false },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxConnections = limits.connections;
    this.#metricsServer = createHttpServer(options, (request, response) => this.#show(request, response));
    this.#metricsServer.maxConnections = limits.connections;
  }

  /** Requests that wait for an answer. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Starts to listen. @throws {WebhookError} `ERR_WEBHOOK_IO` */
  async listen(): Promise<{ readonly port: number; readonly metricsPort: number }> {
    const { listen, metrics } = this.#parts.config;
    const port = await open(this.#server, listen);
    const metricsPort = await open(this.#metricsServer, metrics);
    return { port, metricsPort };
  }

  /** New connections get the new certificate; those that are open stay as they are. */
  setCertificate({ context }: Certificate): void {
    this.#server.setSecureContext(context);
  }

  /** Takes no more, answers what is under way, and ends. */
  async close(): Promise<void> {
    this.#isEnding = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#server.closeAllConnections(), DRAIN_MS);
    this.#server.close(() => resolve());
    this.#server.closeIdleConnections();
    await promise;
    clearTimeout(timer);
    this.#metricsServer.close();
    this.#metricsServer.closeAllConnections();
  }

  /** From now on probes say that it is not ready, so that nobody new is sent here; it answers on. */
  drain(): void {
    this.#isEnding = true;
  }

  #show(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = targetOf(request);
    if (pathname === '/metrics') return send(response, 200, this.#parts.metrics.render(), METRICS_TYPE);
    if (!this.#probe(pathname, response)) send(response, 404, 'there is no such page\n');
  }

  #probe(pathname: string, response: ServerResponse): boolean {
    if (pathname === '/healthz') {
      send(response, 200, 'ok\n');
      return true;
    }
    if (pathname !== '/readyz') return false;
    const reason = this.#isEnding ? 'it is ending' : this.#parts.unready();
    send(response, reason === undefined ? 200 : 503, `${reason ?? 'ok'}\n`);
    return true;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, timeout } = targetOf(request);
    if (this.#probe(pathname, response)) return;
    const route = this.#route(pathname);
    try {
      const refused = this.#refuse(request, route);
      if (refused !== undefined) return this.#end(request, response, pathname, ...refused);
      const body = await readBody(request, this.#parts.config.limits.bodyBytes);
      if (body === undefined) return this.#end(request, response, pathname, 413, 'the body is too large\n');
      const text = await this.#within(timeout, (signal) =>
        route === 'gatekeeper'
          ? this.#provide(body, signal)
          : this.#review(route ?? 'validate', body, signal),
      );
      this.#end(request, response, pathname, 200, text, JSON_TYPE);
    } catch (error) {
      if (error instanceof WebhookError) this.#end(request, response, pathname, 400, `${error.message}\n`);
      else this.#fail(error, request, response, pathname);
    }
  }

  #route(pathname: string): Phase | 'gatekeeper' | undefined {
    if (pathname === '/validate') return 'validate';
    if (pathname === '/mutate') return 'mutate';
    return pathname === '/gatekeeper' && this.#parts.config.gatekeeper !== undefined
      ? 'gatekeeper'
      : undefined;
  }

  #refuse(request: IncomingMessage, route: string | undefined): [status: number, text: string] | undefined {
    const { tls } = this.#parts.config;
    if (route === undefined) return [404, 'there is no such page\n'];
    if (request.method !== 'POST') return [405, 'expected POST\n'];
    if (!/^application\/json(?:;|$)/i.test(request.headers['content-type'] ?? ''))
      return [415, 'expected application/json\n'];
    if (tls !== undefined && request.socket instanceof TLSSocket && !isAllowedClient(request.socket, tls))
      return [403, 'expected a client certificate that is allowed here\n'];
    return undefined;
  }

  async #within<Value>(
    timeout: string | null,
    work: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error('no time left')), budgetOf(timeout));
    this.#underWay += 1;
    try {
      return await work(controller.signal);
    } finally {
      this.#underWay -= 1;
      clearTimeout(timer);
    }
  }

  async #review(phase: Phase, body: Uint8Array, signal: AbortSignal): Promise<string> {
    const started = performance.now();
    const request = parseAdmissionReview(body);
    const decision = await inReviewSpan(phase, request, () => this.#decide(phase, request, signal));
    const milliseconds = performance.now() - started;
    this.#parts.metrics.decided(phase, request, decision, milliseconds / 1000);
    this.#parts.log(decisionLine(phase, request, decision, milliseconds));
    if (decision.error !== undefined) this.#logError(decision.error);
    return encodeAdmissionResponse(decision.response);
  }

  async #decide(phase: Phase, request: AdmissionRequest, signal: AbortSignal): Promise<Decision> {
    const { judge, pullSecrets, config } = this.#parts;
    const rules = this.#parts.rules();
    if (this.#underWay > config.limits.reviews) {
      return failDecision(request, rules, 'overload', `more than ${config.limits.reviews} requests at once`);
    }
    return decide(phase, request, { rules, judge, pullSecrets, signal });
  }

  async #provide(body: Uint8Array, signal: AbortSignal): Promise<string> {
    const keys = parseProviderRequest(body);
    return answerProvider(keys, { rules: this.#parts.rules(), judge: this.#parts.judge, signal });
  }

  #fail(error: unknown, request: IncomingMessage, response: ServerResponse, pathname: string): void {
    // Who went away in the middle of a body needs no answer.
    if (request.destroyed && !request.complete) return;
    this.#logError(error);
    if (!response.headersSent) this.#end(request, response, pathname, 500, 'the webhook itself failed\n');
  }

  #logError(error: unknown): void {
    this.#parts.log({
      timestamp: new Date().toISOString(),
      level: 'error',
      event: 'internal_error',
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }

  #end(
    request: IncomingMessage,
    response: ServerResponse,
    pathname: string,
    status: number,
    text: string,
    type: string = TEXT_TYPE,
  ): void {
    const known = this.#route(pathname) === undefined ? 'other' : pathname;
    this.#parts.metrics.answered(known, status);
    // What is left of a body that nobody reads must not be taken for the next request.
    if (!request.complete || this.#isEnding) response.setHeader('connection', 'close');
    if (!request.complete) response.once('finish', () => request.destroy());
    send(response, status, text, type);
  }
}

const TEXT_TYPE = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json';
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

function send(response: ServerResponse, status: number, text: string, type: string = TEXT_TYPE): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

interface Target {
  readonly pathname: string;
  /** What the API server says that it waits. */
  readonly timeout: string | null;
}

/** The two things that a request's target can say; a parser of all URLs costs as much as the rest of an answer. */
function targetOf({ url = '/' }: IncomingMessage): Target {
  const question = url.indexOf('?');
  if (question === -1) return { pathname: url, timeout: null };
  const [, timeout = null] = /(?:^|&)timeout=([^&]*)/.exec(url.slice(question + 1)) ?? [];
  return { pathname: url.slice(0, question), timeout };
}

/** The body; `undefined` when it is longer than the limit, as soon as that is known. By events: they cost least. */
async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= limit) return void chunks.push(chunk);
    request.pause();
    return resolve(undefined);
  });
  request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
  request.on('error', reject);
  request.on('aborted', () => reject(new Error('the client has gone')));
  return promise;
}

async function open(
  server: Server | TlsServer,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, address, resolve);
  try {
    await promise;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WebhookError('ERR_WEBHOOK_IO', `cannot listen: ${reason}`, { cause });
  }
  server.off('error', reject);
  return addressOf(server).port;
}

function addressOf(server: Server | TlsServer): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no address');
  return address;
}
