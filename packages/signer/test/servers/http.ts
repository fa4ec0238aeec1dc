/** A local HTTP server that a test starts, looks into and stops. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';

export interface Received {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}

export interface LocalServer {
  readonly url: string;
  readonly host: string;
  /** Everything that was received, in order. */
  readonly received: Received[];
  close(): Promise<void>;
}

/** `undefined` leaves the request without an answer. */
export type Responder = (
  request: Received,
  response: ServerResponse,
) => Promise<Answer | undefined> | Answer | undefined;

export async function startServer(respond: Responder): Promise<LocalServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const seen = { method, path, headers, body: Buffer.concat(chunks).toString() };
      received.push(seen);
      void Promise.resolve(respond(seen, response)).then((answer) => {
        if (answer === undefined) return;
        response.writeHead(answer.status ?? 200, answer.headers ?? {});
        response.end(typeof answer.body === 'object' ? JSON.stringify(answer.body) : answer.body);
      });
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const host = `127.0.0.1:${address.port}`;
  return {
    url: `http://${host}`,
    host,
    received,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
