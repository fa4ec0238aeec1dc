import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

/** Something that answers by TLS, and who signed its certificate. */
export interface Door {
  readonly port: number;
  readonly authority: string;
}

/**
 * A connection that is kept, and asks one thing after the other. What it costs is taken from what is measured where there are
 * few processors, and `node:https` costs a client as much as a server: so this knows of HTTP what the answers of the benchmark
 * need.
 */
class Connection {
  readonly #socket: TLSSocket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<string> | undefined;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  /** @returns the body of the answer. @throws Error when it is not 200 */
  async ask(request: Buffer): Promise<string> {
    this.#waiting = Promise.withResolvers();
    this.#socket.write(request);
    return this.#waiting.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
    if (Number.isNaN(length)) return this.#waiting?.reject(new Error(`an answer without a length: ${head}`));
    if (this.#received.length < end + 4 + length) return;
    const body = this.#received.toString('utf8', end + 4, end + 4 + length);
    this.#received = this.#received.subarray(end + 4 + length);
    if (head.startsWith('HTTP/1.1 200 ')) this.#waiting?.resolve(body);
    else this.#waiting?.reject(new Error(`${head}\n${body.slice(0, 500)}`));
  }
}

/** Connections to one door. */
export class Load {
  readonly #connections: readonly Connection[];

  private constructor(connections: readonly Connection[]) {
    this.#connections = connections;
  }

  static async open({ port, authority }: Door, connections: number): Promise<Load> {
    const opening = Array.from({ length: connections }, async () => {
      const socket = connect({ host: '127.0.0.1', port, ca: authority, servername: '' });
      await once(socket, 'secureConnect');
      return new Connection(socket);
    });
    return new Load(await Promise.all(opening));
  }

  /**
   * Asks everything, with all connections busy.
   *
   * @param check is given each answer, and throws when it is not what it should be.
   * @returns how long each took, in milliseconds.
   */
  async ask(requests: Iterable<Buffer>, check: (answer: string) => void): Promise<number[]> {
    const times: number[] = [];
    const queue = requests[Symbol.iterator]();
    const worker = async (connection: Connection): Promise<void> => {
      for (let next = queue.next(); next.done !== true; next = queue.next()) {
        const began = performance.now();
        const answer = await connection.ask(next.value);
        times.push(performance.now() - began);
        check(answer);
      }
    };
    const rest = stayAwake();
    await Promise.all(this.#connections.map(worker)).finally(rest);
    return times;
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

/**
 * Looks for answers without ever sleeping. To wake somebody up costs whoever sends to them, in a virtual machine as much as an
 * answer; a server that is slow lets them sleep more often than one that is fast, and none has to pay for that across a network.
 *
 * @returns what ends it.
 */
function stayAwake(): () => void {
  let isAwake = true;
  const look = (): void => void (isAwake && setImmediate(look));
  look();
  return () => void (isAwake = false);
}

/** A review as it is sent. */
export function encodeRequest(body: string): Buffer {
  const head = [
    'POST /validate?timeout=10s HTTP/1.1',
    'host: 127.0.0.1',
    'user-agent: kube-apiserver-admission',
    'accept: application/json, */*',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}
