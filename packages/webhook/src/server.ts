import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { AcceptedChanges } from './accepted-changes.ts';
import { encodeAdmissionResponse, parseAdmissionReview, type AdmissionRequest } from './admission-review.ts';
import { decisionLine, encodeFindings, providerLine, type AuditLog } from './audit.ts';
import type { WebhookConfig } from './config-schema.ts';
import { Deadline } from './deadline.ts';
import { WebhookError } from './errors.ts';
import { answerProvider, parseProviderRequest, refuseProvider } from './gatekeeper.ts';
import type { ImageJudge } from './image-judge.ts';
import type { PullSecrets } from './pull-secrets.ts';
import { decide, failDecision, type Decision, type Phase, type ReviewContext } from './review.ts';
import type { Rules } from './rules.ts';
import { whenThere, type Soon } from './soon.ts';
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
  readonly #accepted = new AcceptedChanges();
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
      (request, response) => this.#answer(request, response),
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

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, timeout } = targetOf(request);
    if (this.#probe(pathname, response)) return;
    const route = this.#route(pathname);
    const answer = (status: number, text: string, type?: string): void =>
      this.#end(request, response, pathname, status, text, type);
    if (route === undefined) return answer(404, 'there is no such page\n');
    const refused = this.#refuse(request);
    if (refused !== undefined) return answer(...refused);
    const fail = (error: unknown): void => {
      if (error instanceof WebhookError) return answer(400, `${error.message}\n`);
      this.#logError(error);
      if (!response.headersSent) answer(500, 'the webhook itself failed\n');
    };
    readBody(request, this.#parts.config.limits.bodyBytes, (body) => {
      if (body === undefined) return answer(413, 'the body is too large\n');
      try {
        const text = this.#within(timeout, (deadline) =>
          route === 'gatekeeper' ? this.#provide(body, deadline) : this.#review(route, body, deadline),
        );
        if (text instanceof Promise) text.then((later) => answer(200, later, JSON_TYPE)).catch(fail);
        else answer(200, text, JSON_TYPE);
      } catch (error) {
        fail(error);
      }
    });
  }

  #route(pathname: string): Phase | 'gatekeeper' | undefined {
    if (pathname === '/validate') return 'validate';
    if (pathname === '/mutate') return 'mutate';
    return pathname === '/gatekeeper' && this.#parts.config.gatekeeper !== undefined
      ? 'gatekeeper'
      : undefined;
  }

  #refuse(request: IncomingMessage): [status: number, text: string] | undefined {
    const { tls } = this.#parts.config;
    if (request.method !== 'POST') return [405, 'expected POST\n'];
    if (!/^application\/json(?:;|$)/i.test(request.headers['content-type'] ?? ''))
      return [415, 'expected application/json\n'];
    if (tls !== undefined && request.socket instanceof TLSSocket && !isAllowedClient(request.socket, tls))
      return [403, 'expected a client certificate that is allowed here\n'];
    return undefined;
  }

  #within<Value>(timeout: string | null, work: (deadline: Deadline) => Soon<Value>): Soon<Value> {
    const deadline = new Deadline(timeout);
    const end = (): void => {
      this.#underWay -= 1;
      deadline.end();
    };
    this.#underWay += 1;
    try {
      const value = work(deadline);
      if (value instanceof Promise) return value.finally(end);
      end();
      return value;
    } catch (error) {
      end();
      throw error;
    }
  }

  #review(phase: Phase, body: Uint8Array, deadline: Deadline): Soon<string> {
    const started = performance.now();
    const request = parseAdmissionReview(body);
    const decided = inReviewSpan(phase, request, () => this.#decide(phase, request, deadline));
    return whenThere(decided, (decision) => {
      const milliseconds = performance.now() - started;
      this.#parts.metrics.decided(phase, request, decision, milliseconds / 1000);
      const { findings } = decision;
      const images = findings.length === 0 ? undefined : encodeFindings(findings);
      this.#parts.log(decisionLine(phase, request, decision, milliseconds), images);
      if (decision.error !== undefined) this.#logError(decision.error);
      return encodeAdmissionResponse(decision.response);
    });
  }

  #decide(phase: Phase, request: AdmissionRequest, deadline: Deadline): Soon<Decision> {
    const context = new RequestContext(this.#parts, this.#accepted, deadline);
    const tooMuch = this.#tooMuch();
    return tooMuch === undefined
      ? decide(phase, request, context)
      : failDecision(request, context.rules, 'overload', tooMuch);
  }

  async #provide(body: Uint8Array, deadline: Deadline): Promise<string> {
    const started = performance.now();
    const keys = parseProviderRequest(body);
    const tooMuch = this.#tooMuch();
    const { text, findings } =
      tooMuch === undefined
        ? await answerProvider(keys, new RequestContext(this.#parts, this.#accepted, deadline))
        : refuseProvider(tooMuch);
    const line = providerLine(findings, performance.now() - started, tooMuch);
    this.#parts.log(line, encodeFindings(findings));
    return text;
  }

  #tooMuch(): string | undefined {
    const { reviews } = this.#parts.config.limits;
    return this.#underWay > reviews ? `more than ${reviews} requests at once` : undefined;
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

/** One set of rules for one request; its signal is made when something has to be waited for. */
class RequestContext implements ReviewContext {
  readonly rules: Rules;
  readonly judge: ImageJudge;
  readonly pullSecrets: PullSecrets | undefined;
  readonly accepted: AcceptedChanges;
  readonly #deadline: Deadline;

  constructor({ rules, judge, pullSecrets }: ServerParts, accepted: AcceptedChanges, deadline: Deadline) {
    this.rules = rules();
    this.judge = judge;
    this.pullSecrets = pullSecrets;
    this.accepted = accepted;
    this.#deadline = deadline;
  }

  get signal(): AbortSignal {
    return this.#deadline.signal;
  }
}

const TEXT_TYPE = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json';
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

function send(response: ServerResponse, status: number, text: string, type: string = TEXT_TYPE): void {
  const length = String(Buffer.byteLength(text));
  response.writeHead(status, ['content-type', type, 'content-length', length]);
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

/**
 * Reads the body and hands it on; `undefined` when it is longer than the limit, as soon as that is known. Who goes away in the
 * middle of it needs no answer.
 */
function readBody(request: IncomingMessage, limit: number, done: (body: Buffer | undefined) => void): void {
  if (Number(request.headers['content-length'] ?? 0) > limit) return done(undefined);
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    const wasTooLong = length > limit;
    length += chunk.length;
    if (length <= limit) {
      chunks.push(chunk);
    } else if (!wasTooLong) {
      request.pause();
      done(undefined);
    }
  });
  request.on('end', () => {
    const [only] = chunks;
    if (length <= limit) done(chunks.length === 1 ? only : Buffer.concat(chunks));
  });
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
