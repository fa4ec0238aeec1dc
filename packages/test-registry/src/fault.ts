import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** A request as it came. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What goes wrong with one request. */
export interface Fault {
  /** Milliseconds before anything is answered. */
  readonly delay?: number;
  /** Nothing is answered before this is settled. */
  readonly until?: Promise<unknown>;
  /** Answered in place of what is there. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Changes the body that is there. */
  readonly change?: (body: Uint8Array) => Uint8Array;
  /** The connection ends after so many bytes, though more were announced. */
  readonly truncateAt?: number;
  /** Bytes until the client has enough. */
  readonly endless?: true;
  /** Connected, and then silence. */
  readonly silent?: true;
  /** The connection is closed without an answer. */
  readonly reset?: true;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Answers, with the fault. */
export async function answerWith(
  response: ServerResponse,
  isHead: boolean,
  answer: Answer,
  fault: Fault = {},
): Promise<void> {
  if (fault.delay !== undefined) await wait(fault.delay);
  await fault.until;
  if (fault.silent === true) return;
  if (fault.reset === true) return void response.destroy();
  const headers = { ...(fault.status === undefined ? answer.headers : {}), ...fault.headers };
  const status = fault.status ?? answer.status;
  if (fault.endless === true) return sendForEver(response, status, headers);
  const own = fault.body === undefined ? answer.body : Buffer.from(fault.body);
  const body = fault.change === undefined ? own : fault.change(own ?? new Uint8Array());
  const length = body?.length ?? 0;
  response.writeHead(status, { 'content-length': String(length), ...headers });
  if (isHead) return void response.end();
  if (fault.truncateAt === undefined) return void response.end(body);
  response.write(body?.subarray(0, fault.truncateAt) ?? '', () => response.destroy());
}

function sendForEver(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  const { 'content-length': _, ...others } = headers;
  response.writeHead(status, others);
  const chunk = Buffer.alloc(65_536, ' ');
  const send = (): void => {
    while (!response.destroyed) if (!response.write(chunk)) return void response.once('drain', send);
  };
  send();
}
