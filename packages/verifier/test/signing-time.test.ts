import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { earliest } from '../src/signing-time.ts';

const time = (by: string, seconds: number): { readonly by: string; readonly time: Date } => ({
  by,
  time: new Date(seconds * 1000),
});

describe('earliest', () => {
  it('is the first of the earliest times, wherever it stands', () => {
    assert.equal(earliest([time('a', 2), time('b', 1), time('c', 1), time('d', 3)])?.by, 'b');
    assert.equal(earliest([time('a', 1)])?.by, 'a');
    assert.equal(earliest([]), undefined);
  });
});
