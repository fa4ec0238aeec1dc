/** An SSH agent on a socket of its own: OpenSSH's rules for frames, and lies on request. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import type { PrivateKey } from '@danube/keys';

const MAX_FRAME = 256 * 1024;

export type AgentLie =
  | 'random bytes'
  | 'signature of the digest'
  | '63 bytes'
  | 'another key'
  | 'another type'
  | 'more than one frame'
  | 'cut short'
  | 'endless'
  | 'a huge frame'
  | 'refuses'
  | 'hangs up'
  | 'silent';

export interface LocalAgent {
  readonly path: string;
  readonly folder: string;
  /** Types of the requests, in order. */
  readonly received: number[];
  lie: AgentLie | undefined;
  close(): void;
}

const string = (bytes: Uint8Array | string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(bytes));
  return Buffer.concat([length, Buffer.from(bytes as Uint8Array)]);
};
const frame = (...parts: readonly Uint8Array[]): Buffer => string(Buffer.concat(parts));

export function blobOf({ publicKey }: PrivateKey, type = 'ssh-ed25519'): Buffer {
  return Buffer.concat([string(type), string(publicKey.raw)]);
}

export async function startAgent(
  key: PrivateKey,
  other: PrivateKey,
  extra: readonly Buffer[] = [],
): Promise<LocalAgent> {
  // A path of more than 107 bytes is none for a socket.
  const folder = mkdtempSync(join(tmpdir().length > 60 ? '/tmp' : tmpdir(), 'danube-agent-'));
  const path = join(folder, 'agent');
  const answer = (body: Buffer): Buffer | undefined => {
    agent.received.push(body[0] ?? 0);
    if (agent.lie === 'silent') return undefined;
    if (agent.lie === 'endless') return Buffer.alloc(4, 0xff);
    if (agent.lie === 'a huge frame') return Buffer.concat([Buffer.of(0, 5, 0, 0), Buffer.alloc(0x50000)]);
    if (body[0] === 11) {
      const keys = [...extra, blobOf(key)];
      const count = Buffer.alloc(4);
      count.writeUInt32BE(keys.length);
      return frame(Buffer.of(12), count, ...keys.flatMap((blob) => [string(blob), string('a comment')]));
    }
    if (body[0] !== 13 || agent.lie === 'refuses') return frame(Buffer.of(5));
    return sign(body);
  };
  const sign = (body: Buffer): Buffer => {
    const blobEnd = 5 + body.readUInt32BE(1);
    if (!body.subarray(5, blobEnd).equals(blobOf(key))) return frame(Buffer.of(5));
    const messageEnd = blobEnd + 4 + body.readUInt32BE(blobEnd);
    const message = body.subarray(blobEnd + 4, messageEnd);
    if (body.length !== messageEnd + 4 || body.readUInt32BE(messageEnd) !== 0) return frame(Buffer.of(5));
    let signature = key.sign(message);
    if (agent.lie === 'random bytes') signature = randomBytes(64);
    if (agent.lie === 'signature of the digest')
      signature = key.sign(createHash('sha256').update(message).digest());
    if (agent.lie === '63 bytes') signature = signature.subarray(1);
    if (agent.lie === 'another key') signature = other.sign(message);
    const type = agent.lie === 'another type' ? 'ssh-ed448' : 'ssh-ed25519';
    const reply = frame(Buffer.of(14), string(Buffer.concat([string(type), string(signature)])));
    if (agent.lie === 'more than one frame') return Buffer.concat([reply, reply]);
    return agent.lie === 'cut short' ? frame(reply.subarray(4, -1)) : reply;
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let bytes = Buffer.of();
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < 4) return;
      const length = bytes.readUInt32BE();
      if (length > MAX_FRAME || agent.lie === 'hangs up') socket.destroy();
      if (socket.destroyed || bytes.length < 4 + length) return;
      const reply = answer(bytes.subarray(4, 4 + length));
      bytes = Buffer.of();
      if (reply !== undefined) socket.write(reply);
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(path, resolve);
  await promise;
  const agent: LocalAgent = {
    path,
    folder,
    received: [],
    lie: undefined,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
  return agent;
}
