import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';

import { type JsonValue, LIMITS, encodeJson, isJsonObject, parseJson } from '../src/index.ts';
import { assertMalformed, bytes } from './documents.ts';

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

describe('parseJson', () => {
  it('reads every kind of value', () => {
    const text = ' {"a":[1,-0.5,2e3,true,false,null,"x\\u0041\\n\\ud83d\\ude00é"],"b":{}} \r\n\t';
    assert.deepEqual(parseJson(bytes(text)), { a: [1, -0.5, 2000, true, false, null, 'xA\n😀é'], b: {} });
    for (const scalar of ['null', 'true', '"a"', '12', '-0']) {
      assert.deepEqual(parseJson(bytes(scalar)), JSON.parse(scalar));
    }
  });

  it('rejects a key that stands twice, wherever and however it is written', () => {
    assertMalformed(() => parseJson(bytes('{"a":1,"a":2}')), 'ERR_JSON_DUPLICATE_KEY', '/a');
    assertMalformed(() => parseJson(bytes('{"a":1,"\\u0061":2}')), 'ERR_JSON_DUPLICATE_KEY', '/a');
    assertMalformed(
      () => parseJson(bytes('[0,{"x/y":{"~":1,"~":1}}]')),
      'ERR_JSON_DUPLICATE_KEY',
      '/1/x~1y/~0',
    );
    assertMalformed(
      () => parseJson(bytes('{"__proto__":1,"__proto__":2}')),
      'ERR_JSON_DUPLICATE_KEY',
      '/__proto__',
    );
    assertMalformed(
      () => parseJson(bytes('{"a":{"x":1},"a":{"y":1,"z":":"}}')),
      'ERR_JSON_DUPLICATE_KEY',
      '/a',
    );
  });

  it('rejects duplicate payload keys, of which some readers take the first and some the last', () => {
    const text = '{"payload":"e30=","payload":"W10=","payloadType":"t","signatures":[{"sig":"AA=="}]}';
    assertMalformed(() => parseJson(bytes(text)), 'ERR_JSON_DUPLICATE_KEY', '/payload');
  });

  it('rejects integers that lose precision, at the limit and one beyond', () => {
    assert.equal(parseJson(bytes('9007199254740991')), 9007199254740991);
    assert.equal(parseJson(bytes('-9007199254740991')), -9007199254740991);
    for (const text of [
      '9007199254740992',
      '-9007199254740992',
      '9007199254740993.0',
      '1e20',
      '1'.repeat(400),
    ]) {
      assertMalformed(() => parseJson(bytes(`{"n":[${text}]}`)), 'ERR_JSON_NUMBER', '/n/0');
    }
    assert.deepEqual(parseJson(bytes('[1e21,0.30000000000000004]')), [1e21, 0.30000000000000004]);
  });

  it('rejects numbers that are not finite', () => {
    assertMalformed(() => parseJson(bytes('[1e400]')), 'ERR_JSON_NUMBER', '/0');
    assertMalformed(() => parseJson(bytes('[-1e400]')), 'ERR_JSON_NUMBER', '/0');
  });

  it('rejects half of a surrogate pair, in values and in keys', () => {
    assertMalformed(() => parseJson(bytes('{"a":"\\ud800"}')), 'ERR_JSON_SURROGATE', '/a');
    assertMalformed(() => parseJson(bytes('["\\udc00\\ud800"]')), 'ERR_JSON_SURROGATE', '/0');
    assertMalformed(() => parseJson(bytes('{"\\uDFFF":1}')), 'ERR_JSON_SURROGATE', '');
    assert.equal(parseJson(bytes('"\\\\ud800"')), '\\ud800');
  });

  it('rejects invalid UTF-8 instead of replacing it', () => {
    for (const broken of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0xe2],
    ]) {
      assertMalformed(() => parseJson(Uint8Array.from(broken)), 'ERR_JSON_UTF8', '');
    }
  });

  it('rejects a byte order mark', () => {
    assertMalformed(() => parseJson(bytes('\ufeff{}')), 'ERR_JSON_BOM', '');
    // Others begin or go on like one.
    for (const text of ['\uf03f', '\ufec0']) {
      assertMalformed(() => parseJson(bytes(text)), 'ERR_JSON_SYNTAX', '');
    }
    assertMalformed(() => parseJson(Uint8Array.of(0x22, 0xbb, 0xbf)), 'ERR_JSON_UTF8', '');
  });

  it('rejects nesting one deeper than the limit', () => {
    assert.ok(parseJson(bytes(nested(LIMITS.depth))));
    assertMalformed(
      () => parseJson(bytes(nested(LIMITS.depth + 1))),
      'ERR_JSON_DEPTH',
      '/0'.repeat(LIMITS.depth),
    );
    assert.ok(parseJson(bytes(nested(3)), { depth: 3 }));
    assertMalformed(() => parseJson(bytes(nested(4)), { depth: 3 }), 'ERR_JSON_DEPTH', '/0/0/0');
    assertMalformed(() => parseJson(bytes('['.repeat(1_000_000))), 'ERR_JSON_DEPTH');
    assertMalformed(() => parseJson(bytes('{"a":'.repeat(100_000))), 'ERR_JSON_DEPTH');
  });

  it('rejects one byte more than the limit', () => {
    const atLimit = bytes(`"${'x'.repeat(LIMITS.envelopeBytes - 2)}"`);
    assert.equal(typeof parseJson(atLimit), 'string');
    assertMalformed(() => parseJson(bytes(`"${'x'.repeat(LIMITS.envelopeBytes - 1)}"`)), 'ERR_LIMIT', '');
    assertMalformed(() => parseJson(bytes('[1]'), { maxBytes: 2 }), 'ERR_LIMIT', '');
  });

  it('rejects what is not JSON, and what follows JSON', () => {
    const broken = [
      '',
      ' ',
      '{',
      '[1,]',
      '{"a":1,}',
      '{a:1}',
      "{'a':1}",
      '01',
      '+1',
      '.5',
      '1.',
      'NaN',
      'Infinity',
    ];
    const more = [
      '"a\nb"',
      '"\\x41"',
      '"\\u12"',
      '"a',
      'tru',
      'nullx',
      '{} {}',
      '[1]\0',
      '// c\n1',
      '1 2',
      '"a\\"',
    ];
    for (const text of [...broken, ...more]) assertMalformed(() => parseJson(bytes(text)), 'ERR_JSON_SYNTAX');
  });

  it('says where the fault is', () => {
    assertMalformed(() => parseJson(bytes('{"a":[1,{"b":tru}]}')), 'ERR_JSON_SYNTAX', '/a/1/b');
    assert.throws(
      () => parseJson(bytes('{"a":[1,{"b":tru}]}')),
      /^MalformedError: \/a\/1\/b: expected a value/,
    );
  });

  it('keeps a __proto__ key as an own property that changes nothing', () => {
    const value = parseJson(bytes('{"__proto__":{"admin":true},"a":1}'));
    assert.ok(isJsonObject(value));
    assert.deepEqual(Object.keys(value), ['__proto__', 'a']);
    assert.equal(value['admin'], undefined);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });
});

describe('encodeJson', () => {
  it('writes only what parseJson reads, and that reads equal', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 5 }), (value) => {
        let encoded: Uint8Array;
        try {
          encoded = encodeJson(value as JsonValue);
        } catch (error) {
          assert.ok(error instanceof TypeError);
          return;
        }
        // JSON has one zero.
        assert.deepEqual(parseJson(encoded), JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses what JSON would change', () => {
    const lossy: unknown[] = [NaN, Infinity, 2 ** 53, 1e20, '\ud800', { '\udfff': 1 }, [undefined], 1n];
    for (const value of lossy) assert.throws(() => encodeJson(value as JsonValue), TypeError);
  });

  it('writes again what it read', () => {
    for (const text of ['{"a":[1e+30,0.002,"é"]}', '[1e-7,1.5e21]', '{"__proto__":1}']) {
      assert.deepEqual(parseJson(encodeJson(parseJson(bytes(text)))), JSON.parse(text));
    }
  });
});
