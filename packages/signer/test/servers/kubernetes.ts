/** A Kubernetes API server with Secrets: TLS, tokens that expire, client certificates, RBAC and Status objects as the real one has. */
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { makeCertificate, type TlsIdentity } from './certificate.ts';
import type { Answer, Received } from './http.ts';

export interface LocalKubernetes {
  readonly host: string;
  readonly port: string;
  /** The certificate that clients must trust (PEM). */
  readonly ca: string;
  /** A client certificate that the server takes, for the user `certified`. */
  readonly client: TlsIdentity;
  readonly received: Received[];
  /** Bearer tokens that are taken, with their users. */
  readonly tokens: Map<string, string>;
  /** Who may `get` which Secret: `USER NAMESPACE/NAME`. */
  readonly grants: Set<string>;
  /** Data of Secrets by `NAMESPACE/NAME`, not encoded yet. */
  readonly secrets: Map<string, Readonly<Record<string, string>>>;
  /** Answers that come before any other, in order. */
  readonly next: Answer[];
  /** Answers about this Secret instead of the one that was asked for. */
  says: string | undefined;
  close(): Promise<void>;
}

const AUTHORITY = 'kubernetes';

/** The Status object that every refusal is. */
function failure(code: number, reason: string, message: string): Answer {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  return { status: code, body, headers: { 'content-type': 'application/json' } };
}

export async function startKubernetes(): Promise<LocalKubernetes> {
  const own = makeCertificate(AUTHORITY);
  const state = {
    ca: own.cert,
    client: makeCertificate('certified', { ...own, name: AUTHORITY }),
    received: [] as Received[],
    tokens: new Map<string, string>(),
    grants: new Set<string>(),
    secrets: new Map<string, Readonly<Record<string, string>>>(),
    next: [] as Answer[],
    says: undefined as string | undefined,
  };

  const userOf = (authorization: string | undefined, certified: boolean): string | undefined => {
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
    if (token !== undefined) return state.tokens.get(token);
    return certified ? 'certified' : 'system:anonymous';
  };

  const answer = ({ method, path, headers }: Received, certified: boolean): Answer => {
    const user = userOf(headers.authorization, certified);
    if (user === undefined) return failure(401, 'Unauthorized', 'Unauthorized');
    const [, namespace, name] = /^\/api\/v1\/namespaces\/([^/?]+)\/secrets\/([^/?]+)$/.exec(path) ?? [];
    if (namespace === undefined || name === undefined || method !== 'GET')
      return failure(404, 'NotFound', 'the server could not find the requested resource');
    const asked = `${namespace}/${name}`;
    if (!state.grants.has(`${user} ${asked}`)) {
      const message = `secrets "${name}" is forbidden: User "${user}" cannot get resource "secrets" in API group "" in the namespace "${namespace}"`;
      return failure(403, 'Forbidden', message);
    }
    const data = state.secrets.get(state.says ?? asked);
    if (data === undefined) return failure(404, 'NotFound', `secrets "${name}" not found`);
    const [saidNamespace, saidName] = (state.says ?? asked).split('/');
    return {
      body: {
        kind: 'Secret',
        apiVersion: 'v1',
        metadata: { name: saidName, namespace: saidNamespace, resourceVersion: '41' },
        type: 'Opaque',
        data: Object.fromEntries(
          Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
        ),
      },
    };
  };

  const tls = { ...own, ca: own.cert, requestCert: true, rejectUnauthorized: false };
  const server = createServer(tls, (request, response) => {
    const { method = '', url: path = '', headers } = request;
    const received = { method, path, headers, body: '' };
    state.received.push(received);
    const certified = (request.socket as TLSSocket).authorized;
    const { status = 200, headers: more = {}, body } = state.next.shift() ?? answer(received, certified);
    response.writeHead(status, more);
    response.end(typeof body === 'object' ? JSON.stringify(body) : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return Object.assign(state, {
    host: '127.0.0.1',
    port: String(address.port),
    close: (): Promise<void> => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  });
}
