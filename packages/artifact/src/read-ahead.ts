import * as fs from 'node:fs';

const PART_BYTES = 1024 * 1024;

/**
 * The parts of an open file of `size` bytes: while the caller works on one, the system reads the next. A part is valid
 * until the next is asked for.
 */
export async function* readAhead(fd: number, size: number): AsyncGenerator<Buffer> {
  let current = Buffer.allocUnsafeSlow(PART_BYTES);
  let next = Buffer.allocUnsafeSlow(PART_BYTES);
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
