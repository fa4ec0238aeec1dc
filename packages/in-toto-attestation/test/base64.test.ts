import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';

import { decodeByBuffer, decodeByTable, encodeByTable } from '../src/base64.ts';
import { decodeBase64, encodeBase64 } from '../src/index.ts';
import { assertMalformed } from './documents.ts';

const REFUSED = {
  'garbage behind the text': 'aGk=!!garbage',
  'whitespace around it': ' aGk=\n',
  'whitespace inside it': 'aG k',
  'two texts': 'aGk=aGk=',
  'no padding': 'aGk',
  'too much padding': 'aGk==',
  'padding alone': '====',
  'one digit': 'a===',
  'bits behind the last byte': 'aGl=',
  'both alphabets': '-_+/',
  'a letter beyond U+00FF whose low byte is one of base64': 'aGk\u0141',
  'a full-width letter': 'aGk\uff21',
  'a NUL': 'aGk\u0000',
};

describe('decodeBase64', () => {
  it('reads the test vectors of RFC 4648 section 10', () => {
    const vectors = {
      '': '',
      'Zg==': 'f',
      'Zm8=': 'fo',
      Zm9v: 'foo',
      'Zm9vYg==': 'foob',
      Zm9vYmFy: 'foobar',
    };
    for (const [text, plain] of Object.entries(vectors)) {
      assert.equal(new TextDecoder().decode(decodeBase64(text, '')), plain);
    }
  });

  it('reads the standard and the URL-safe alphabet', () => {
    const expected = Uint8Array.of(0xfb, 0xef, 0xff, 0xfe);
    assert.deepEqual(decodeBase64('++///g==', ''), expected);
    assert.deepEqual(decodeBase64('--___g==', ''), expected);
  });

  for (const [what, text] of Object.entries(REFUSED)) {
    it(`rejects ${what}`, () => {
      assertMalformed(() => decodeBase64(text, '/sig'), 'ERR_BASE64', '/sig');
      assert.equal(decodeByTable(text), undefined);
    });
  }

  it('reads text without padding where that is the form, and only there', () => {
    assert.deepEqual(decodeBase64('aGk', '', 'none'), Uint8Array.of(0x68, 0x69));
    for (const text of ['aGk=', 'a', 'aGl', 'a G']) {
      assertMalformed(() => decodeBase64(text, '/k', 'none'), 'ERR_BASE64', '/k');
    }
  });

  it('gives plain Uint8Arrays everywhere', () => {
    assert.equal(Object.getPrototypeOf(decodeBase64('aGk=', '')), Uint8Array.prototype);
  });

  it('has the same verdict with Buffer and without', () => {
    const unit = fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom('A', 'B', 'a', 'b', 'Q', 'w', '0', '+', '/', '-', '_') },
      { weight: 3, arbitrary: fc.constant('=') },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
    );
    const arbitrary = fc.array(unit, { maxLength: 24 }).map((units) => units.join(''));
    fc.assert(
      fc.property(arbitrary, (text) => {
        assert.deepEqual(decodeByTable(text), decodeByBuffer(text, Buffer));
      }),
      { numRuns: 20_000 },
    );
  });

  it('has the same verdict for each UTF-16 unit in each place', () => {
    for (let unit = 0; unit < 0x10000; unit += 1) {
      const character = String.fromCharCode(unit);
      for (const text of [`${character}AAA`, `AAA${character}`, `AA${character}=`]) {
        const table = decodeByTable(text);
        const buffer = decodeByBuffer(text, Buffer);
        if (table?.join() !== buffer?.join()) assert.fail(`U+${unit.toString(16)} in ${text}`);
      }
    }
  });

  it('compares long texts to their end', () => {
    const long = encodeBase64(new Uint8Array(200_000).fill(7));
    assert.equal(decodeBase64(long, '').length, 200_000);
    for (const at of [0, 65_535, 65_536, 131_072, long.length - 3]) {
      assertMalformed(() => decodeBase64(`${long.slice(0, at)}\n${long.slice(at + 1)}`, ''), 'ERR_BASE64');
    }
    assertMalformed(() => decodeBase64(`${long}AAAA====`, ''), 'ERR_BASE64');
  });
});

describe('encodeBase64', () => {
  it('writes what decodeBase64 reads, the same with Buffer and without', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = encodeBase64(bytes);
        assert.equal(encodeByTable(bytes), text);
        assert.deepEqual(decodeBase64(text, ''), bytes);
        assert.deepEqual(decodeByTable(text), bytes);
      }),
    );
  });

  it('writes the view, not the memory behind it', () => {
    assert.equal(encodeBase64(Uint8Array.of(1, 2, 3, 4).subarray(1, 3)), 'AgM=');
  });
});
