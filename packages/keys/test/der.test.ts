import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  contentOf,
  encodeDer,
  encodeInteger,
  encodeOid,
  integerOf,
  oidOf,
  parseDer,
  parseDerList,
  sequenceOf,
  TAG,
} from '../src/der.ts';
import { KeyError } from '../src/errors.ts';
import { hex } from './sample-keys.ts';

const format = { name: 'KeyError', code: 'ERR_KEY_FORMAT' };

describe('DER', () => {
  it('reads what it writes, for every length of length', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535]) {
      const element = parseDer(encodeDer(TAG.octetString, new Uint8Array(length)));
      assert.deepEqual([element.tag, element.content.length], [TAG.octetString, length]);
    }
  });

  it('reads integers and object identifiers that it writes', () => {
    for (const n of [0, 1, 127, 128, 255, 256, 65_536, 131_072, 2 ** 40]) {
      assert.equal(integerOf(parseDer(encodeInteger(n))), n);
    }
    for (const oid of ['1.3.101.112', '1.2.840.113549.1.5.13', '2.16.840.1.101.3.4.1.42', '0.9', '2.999.3']) {
      assert.equal(oidOf(parseDer(encodeOid(oid))), oid);
    }
  });

  it('refuses lengths that are indefinite, not minimal, too long, or cut short', () => {
    for (const bytes of [
      '0480',
      '048100',
      '04817f00',
      '04820001ff',
      '0484000000010a',
      '0402ff',
      '04',
      '0481',
      '',
    ]) {
      assert.throws(() => parseDer(hex(bytes)), format, bytes);
    }
  });

  it('refuses bytes behind the element and tags of several bytes', () => {
    for (const bytes of ['040100040100', '04010000', '1f010100'])
      assert.throws(() => parseDer(hex(bytes)), format);
  });

  it('refuses integers that are negative, not minimal, empty or huge', () => {
    for (const bytes of ['0201ff', '02020001', '0200', '020701000000000000']) {
      assert.throws(() => integerOf(parseDer(hex(bytes))), format, bytes);
    }
  });

  it('refuses object identifiers that are empty, cut short, padded or huge', () => {
    for (const bytes of ['0600', '060180', '06022b80', '06032b8001', '06092bffffffffffffff7f']) {
      assert.throws(() => oidOf(parseDer(hex(bytes))), format, bytes);
    }
  });

  it('refuses another type than expected, and none at all', () => {
    assert.throws(() => contentOf(parseDer(hex('0401ff')), TAG.integer), format);
    assert.throws(() => sequenceOf(undefined), format);
  });

  it('throws nothing but KeyError on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          parseDerList(bytes);
        } catch (error) {
          assert.ok(error instanceof KeyError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
