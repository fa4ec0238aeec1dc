import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';

import { decodeHex, encodeHex, matchHex } from '../src/index.ts';
import { assertMalformed } from './documents.ts';

describe('decodeHex', () => {
  it('reads what encodeHex writes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(decodeHex(encodeHex(bytes), ''), bytes)),
    );
    assert.equal(encodeHex(Uint8Array.of(0, 15, 255)), '000fff');
  });

  it('rejects what Buffer would cut short: other characters, upper case, half bytes, a line feed', () => {
    for (const text of ['abzz', 'AB', 'abc', 'ab\n', ' ab', '0x12', '\uff11\uff11']) {
      assertMalformed(() => decodeHex(text, '/digest'), 'ERR_HEX', '/digest');
      assert.equal(matchHex(text), false);
    }
  });
});
