import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CliError } from '../src/exit-code.ts';
import { readUpTo } from '../src/file.ts';
import { folder } from './danube.ts';
import { write } from './fixture.ts';

const root = folder();
const PIECE = 1000;

function contentOf(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => index % 251));
}

describe('readUpTo', () => {
  const sizes = [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE - 1, 200_000];

  it('reads all of a file of any size, through its own buffer or the one that it is given', () => {
    const buffer = Buffer.alloc(PIECE);
    for (const size of sizes) {
      const path = write(join(root, `${size}`), contentOf(size));
      assert.deepEqual(Buffer.from(readUpTo(path, 1_000_000)), contentOf(size), `${size}`);
      assert.deepEqual(Buffer.from(readUpTo(path, 1_000_000, buffer)), contentOf(size), `${size}`);
    }
  });

  it('reads no byte more than it is asked for', () => {
    const path = write(join(root, 'long'), contentOf(200_000));
    const buffer = Buffer.alloc(PIECE);
    for (const size of sizes) {
      assert.deepEqual(Buffer.from(readUpTo(path, size)), contentOf(size), `${size}`);
      assert.deepEqual(Buffer.from(readUpTo(path, size, buffer)), contentOf(size), `${size}`);
    }
  });

  it('throws for a file that is not there', () => {
    assert.throws(() => readUpTo(join(root, 'none'), 1), CliError);
  });
});
