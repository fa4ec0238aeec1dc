import { createServer, request as send } from 'node:http';
import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { listen } from './server.ts';

/** What a proxy was asked for. */
export interface ProxyRequest {
  /** `CONNECT`, or the method of a request that it was to pass on. */
  readonly method: string;
  /** `HOST:PORT`; the whole URL of a request that it was to pass on. */
  readonly target: string;
  readonly authorization?: string;
}

export interface ProxyOptions {
  /** Where names lead: `registry.example:443` to `127.0.0.1:PORT`. Nothing else is connected to. */
  readonly routes: Readonly<Record<string, string>>;
  /** `USER:PASSWORD`, without which it opens nothing. */
  readonly credentials?: string;
  /** In place of opening the way: a status, or silence. */
  misbehave?: number | 'silence';
}

export interface ProxyServer {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly requests: ProxyRequest[];
  readonly options: ProxyOptions;
  close(): Promise<void>;
}

/** A proxy as companies have them between their machines and the rest of the world. */
export async function startProxy(options: ProxyOptions): Promise<ProxyServer> {
  const requests: ProxyRequest[] = [];
  const { routes, credentials } = options;
  const wanted =
    credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;

  /** Notes what was asked for. The status of a refusal, or where to go. */
  const judge = (asked: ProxyRequest, place: string): number | URL => {
    requests.push(asked);
    if (wanted !== undefined && asked.authorization !== wanted) return 407;
    const route = routes[place];
    return route === undefined ? 403 : new URL(`http://${route}`);
  };

  const server = createServer((incoming, response) => {
    const { method = '', url: target = '', headers } = incoming;
    const { 'proxy-authorization': authorization, ...others } = headers;
    const url = new URL(target);
    const place = `${url.hostname}:${url.port === '' ? '80' : url.port}`;
    const route = judge({ method, target, ...(authorization && { authorization }) }, place);
    if (typeof route === 'number') {
      response.writeHead(route).end('the proxy says no');
      return;
    }
    const { hostname: host, port } = route;
    const passed = send({ host, port, method, path: url.pathname + url.search, headers: others }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    incoming.pipe(passed);
  });
  server.on('connect', (incoming, socket) => {
    const { url: target = '', headers } = incoming;
    const authorization = headers['proxy-authorization'];
    const route = judge({ method: 'CONNECT', target, ...(authorization && { authorization }) }, target);
    const status = typeof options.misbehave === 'number' ? options.misbehave : route;
    if (options.misbehave === 'silence') return;
    if (typeof status === 'number') {
      const challenge = 'WWW-Authenticate: Basic realm="proxy"';
      socket.end(`HTTP/1.1 ${status} No\r\n${challenge}\r\n\r\nthe proxy says no`);
      return;
    }
    const far = connect(Number(status.port), status.hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      // Either side may go at any time; the other one follows.
      pipeline(far, socket, far, () => undefined);
    });
    far.on('error', () => socket.destroy());
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const { host, close } = await listen(server);
  return {
    host,
    requests,
    options,
    async close() {
      // A server does not know the connections any more that it made tunnels of.
      for (const socket of sockets) socket.destroy();
      await close();
    },
  };
}
