import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { asciiText, decodeBase64, decodeHex, encodeBase64 } from '../src/encoding.ts';
import { utf8 } from './sample-keys.ts';

describe('base64 from bytes to bytes', () => {
  it('writes and reads what Buffer does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = encodeBase64(bytes);
        assert.equal(asciiText(text), Buffer.from(bytes).toString('base64'));
        assert.deepEqual(decodeBase64(text), bytes);
      }),
    );
  });

  it('reads nothing that it would not write', () => {
    const base64ish = fc.string({ unit: fc.constantFrom(...Array.from('AQZagz059+/=-_ \n')), maxLength: 12 });
    fc.assert(
      fc.property(base64ish, (text) => {
        const bytes = decodeBase64(utf8(text));
        if (bytes !== undefined) assert.equal(asciiText(encodeBase64(bytes)), text);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses missing or excessive padding, the URL-safe alphabet, and bits behind the last byte', () => {
    for (const text of [
      'QQ',
      'QQ=',
      'QQ===',
      'Q===',
      'QR==',
      'QUJ=',
      'a-_A',
      'QQ==QQ==',
      ' QQ==',
      'QQ==\n',
    ]) {
      assert.equal(decodeBase64(utf8(text)), undefined, text);
    }
  });
});

describe('hex from bytes to bytes', () => {
  it('reads lower and upper case', () => {
    for (const text of ['00ff7a', '00FF7A', '']) {
      assert.deepEqual(decodeHex(utf8(text)), Uint8Array.from(Buffer.from(text, 'hex')));
    }
  });

  it('refuses mixed case, odd lengths, and anything else', () => {
    for (const text of ['aA', 'abc', '0x00', 'gg', 'a\n', ' a', '@@', '::']) {
      assert.equal(decodeHex(utf8(text)), undefined, text);
    }
  });
});
