import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import { createServerCertificate } from '../src/certificate.ts';
import type { KubernetesAccess } from '../src/kubernetes-api.ts';

/** What was asked of the API server. */
export interface Call {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly body: unknown;
}

type Stored = Record<string, unknown> & { metadata: Record<string, unknown> };

const TOKEN = 'token-of-the-webhook';

/**
 * As much of an API server as the webhook asks for: objects by path, lists, watches, and who may read what. The real one is
 * asked in `npm run interop`.
 */
export class ApiServer {
  readonly calls: Call[] = [];
  /** Paths that the webhook has no right to; all below them as well. */
  readonly forbidden: string[] = [];
  /** Answers this to everything, as a server in trouble does. */
  failing: number | undefined;
  readonly #objects = new Map<string, Stored>();
  readonly #events: { readonly path: string; readonly version: number; readonly line: string }[] = [];
  readonly #watches = new Set<{ readonly path: string; readonly response: ServerResponse }>();
  readonly #certificate = createServerCertificate({ names: ['127.0.0.1'], days: 1 });
  readonly #server = createServer(
    { cert: this.#certificate.certificate, key: this.#certificate.privateKey },
    (request, response) => void this.#answer(request, response),
  );
  #version = 1;

  static async start(): Promise<ApiServer> {
    const server = new ApiServer();
    const { promise, resolve } = Promise.withResolvers<void>();
    server.#server.listen(0, '127.0.0.1', resolve);
    await promise;
    after(() => server.#close());
    return server;
  }

  get access(): KubernetesAccess {
    const { port } = this.#server.address() as AddressInfo;
    return {
      url: `https://127.0.0.1:${port}`,
      authorities: () => Buffer.from(this.#certificate.authority),
      token: () => TOKEN,
    };
  }

  /** Puts an object there, or changes it. */
  put(path: string, object: object): void {
    const isNew = !this.#objects.has(path);
    const { metadata = {}, ...rest } = object as Partial<Stored>;
    const [, namespace] = /\/namespaces\/([^/]+)\//.exec(path) ?? [];
    const stored: Stored = {
      ...rest,
      metadata: {
        name: path.split('/').at(-1),
        ...(namespace === undefined ? {} : { namespace }),
        ...metadata,
        resourceVersion: String((this.#version += 1)),
      },
    };
    this.#objects.set(path, stored);
    this.#tell(path, isNew ? 'ADDED' : 'MODIFIED', stored);
  }

  remove(path: string): void {
    const object = this.#objects.get(path);
    this.#objects.delete(path);
    this.#version += 1;
    if (object !== undefined) this.#tell(path, 'DELETED', object);
  }

  get(path: string): Stored | undefined {
    return this.#objects.get(path);
  }

  #close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #tell(path: string, type: string, object: Stored): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    this.#events.push({ path, version: this.#version, line });
    for (const watch of this.#watches) if (isBelow(path, watch.path)) watch.response.write(line);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'https://api');
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
    const { method = 'GET' } = request;
    this.calls.push({ method, path, body: text === '' ? undefined : JSON.parse(text) });
    const refuse = (status: number): void =>
      send(response, status, { kind: 'Status', status: 'Failure', code: status, message: `no: ${path}` });
    if (this.failing !== undefined) return refuse(this.failing);
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return refuse(401);
    if (this.forbidden.some((each) => path === each || path.startsWith(`${each}/`))) return refuse(403);
    if (searchParams.get('watch') === '1')
      return this.#watch(path, Number(searchParams.get('resourceVersion')), response);
    if (method === 'GET') return this.#read(path, response, refuse);
    return this.#write(method, path, text, response, refuse);
  }

  /** Everything since that version, and whatever comes. */
  #watch(path: string, since: number, response: ServerResponse): void {
    const watch = { path, response };
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const event of this.#events) {
      if (event.version > since && isBelow(event.path, path)) response.write(event.line);
    }
  }

  #read(path: string, response: ServerResponse, refuse: (status: number) => void): void {
    const object = this.#objects.get(path);
    if (object !== undefined) return send(response, 200, object);
    // The last part of a list's path is a resource, in the plural.
    if (!path.endsWith('s') || /\/(?:secrets|serviceaccounts)\//.test(path)) return refuse(404);
    const items = [...this.#objects].filter(([at]) => isBelow(at, path)).map(([, each]) => each);
    send(response, 200, { kind: 'List', metadata: { resourceVersion: String(this.#version) }, items });
  }

  #write(
    method: string,
    path: string,
    text: string,
    response: ServerResponse,
    refuse: (status: number) => void,
  ): void {
    const sent = JSON.parse(text) as Stored;
    if (method === 'POST') {
      const at = `${path}/${String(sent.metadata['name'])}`;
      if (this.#objects.has(at)) return refuse(409);
      this.put(at, sent);
      return send(response, 201, this.get(at) ?? {});
    }
    const of = path.replace(/\/status$/, '');
    const before = this.#objects.get(of);
    if (path === of) this.put(of, sent);
    else if (before === undefined) return refuse(404);
    else this.put(of, { ...before, status: sent['status'] });
    send(response, 200, this.get(of) ?? {});
  }
}

/** `/apis/g/v1/things` is the list of all things, in whatever namespace. */
function isBelow(path: string, list: string): boolean {
  return path.replace(/\/namespaces\/[^/]+(?=\/)/, '').startsWith(`${list}/`);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
