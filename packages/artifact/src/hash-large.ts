import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { systemErrorCode } from './errors.ts';
import type { Lane, Opened, Outcome } from './lane.ts';
import type { Work } from './work.ts';

/** The parts of an open file, each valid until the next is asked for. */
export type ReadParts = (file: Opened) => AsyncIterable<Buffer>;

const AHEAD_BYTES = 1024 * 1024;
const TURN_BYTES = 256 * 1024;
const TURN_MS = 50;

/** Hashes one file on this thread, where other things go on in between. */
export async function hashLarge(
  lane: Lane,
  name: string,
  work: Work,
  readParts: ReadParts,
): Promise<Outcome> {
  const file = lane.open(name);
  if (file.kind !== 'opened') return file;
  const hashes = work.shared.algorithms.map((algorithm) => crypto.createHash(algorithm));
  let bytes = 0;
  try {
    for await (const part of readParts(file)) {
      if (work.isStopped()) return { kind: 'stopped' };
      for (const hash of hashes) hash.update(part);
      bytes += part.length;
      work.addBytes(part.length);
    }
    if (bytes !== file.size || !lane.isUnchanged(file)) return { kind: 'changed' };
    return { kind: 'hashed', size: file.size, hex: hashes.map((hash) => hash.digest('hex')) };
  } catch (error) {
    const errno = systemErrorCode(error);
    if (errno === undefined) throw error;
    return { kind: 'error', errno };
  } finally {
    lane.close(file);
  }
}

/** While the caller works on one part, the system reads the next: the fastest way for one thread. */
export async function* readAhead({ fd, size }: Opened): AsyncGenerator<Buffer> {
  let current = Buffer.allocUnsafeSlow(AHEAD_BYTES);
  let next = Buffer.allocUnsafeSlow(AHEAD_BYTES);
  let reading = readPart(fd, current);
  try {
    for (let rest = size; rest > 0;) {
      const length = await reading;
      if (length === 0) return;
      rest -= length;
      if (rest > 0) reading = readPart(fd, next);
      yield current.subarray(0, length);
      [current, next] = [next, current];
    }
  } finally {
    // The file must not be closed under a read that is still going on.
    await reading.catch(() => undefined);
  }
}

async function readPart(fd: number, buffer: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, buffer, 0, buffer.length, null, (error, length) => (error ? reject(error) : resolve(length)));
  });
}

/** One part after the other, all by this thread: what does best where every core has its own file. */
export async function* readInTurn({ fd, size }: Opened): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(TURN_BYTES);
  let pauseAt = Date.now() + TURN_MS;
  for (let rest = size; rest > 0;) {
    const length = fs.readSync(fd, buffer, 0, buffer.length, null);
    if (length === 0) return;
    rest -= length;
    yield buffer.subarray(0, length);
    if (Date.now() < pauseAt) continue;
    await new Promise((resume) => setImmediate(resume));
    pauseAt = Date.now() + TURN_MS;
  }
}
