import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  ACCEPTED,
  HASH_ALGORITHMS,
  LIMITS,
  digestOf,
  matchDigestSets,
  parseDigestSet,
  parseJson,
} from '../src/index.ts';
import { SHA256, SHA512, assertMalformed, bytes } from './documents.ts';

function digests(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`x${at}`, '1']));
}

describe('parseDigestSet', () => {
  it('reads every known algorithm at its length and refuses one byte less and more', () => {
    for (const [algorithm, lengths] of HASH_ALGORITHMS) {
      for (const length of lengths) {
        assert.ok(parseDigestSet({ [algorithm]: 'a'.repeat(length) }, ''));
        for (const wrong of [length - 2, length + 2]) {
          if (lengths.includes(wrong)) continue;
          assertMalformed(
            () => parseDigestSet({ [algorithm]: 'a'.repeat(wrong) }, '/d'),
            'ERR_HEX',
            `/d/${algorithm}`,
          );
        }
      }
      assertMalformed(() => parseDigestSet({ [algorithm]: '' }, ''), 'ERR_HEX', `/${algorithm}`);
    }
  });

  it('carries algorithms that it does not know', () => {
    const set = { 'x/y': 'AnyThing=', SHA256: 'ABC' };
    assert.deepEqual(parseDigestSet(set, ''), set);
  });

  it('rejects an empty digest map', () => assertMalformed(() => parseDigestSet({}, '/d'), 'ERR_VALUE', '/d'));

  it('rejects uppercase hex, hex with newline, hex cut short', () => {
    for (const digest of [
      SHA256.toUpperCase(),
      `${SHA256}\n`,
      `${SHA256.slice(0, 63)}\n`,
      `${SHA256.slice(2)}zz`,
    ]) {
      assertMalformed(() => parseDigestSet({ sha256: digest }, '/d'), 'ERR_HEX', '/d/sha256');
    }
  });

  it('rejects values that are no text', () => {
    for (const value of [null, 1, [], {}, true]) {
      assertMalformed(() => parseDigestSet({ sha256: value }, ''), 'ERR_TYPE', '/sha256');
      assertMalformed(() => parseDigestSet({ unknown: value }, ''), 'ERR_TYPE', '/unknown');
      if (value !== null && typeof value === 'object' && !Array.isArray(value)) continue;
      assertMalformed(() => parseDigestSet(value, '/d'), 'ERR_TYPE', '/d');
    }
    assertMalformed(() => parseDigestSet({ unknown: '' }, ''), 'ERR_VALUE', '/unknown');
  });

  it('rejects one algorithm more than the limit', () => {
    assert.ok(parseDigestSet(digests(LIMITS.digests), ''));
    assertMalformed(() => parseDigestSet(digests(LIMITS.digests + 1), '/d'), 'ERR_LIMIT', '/d');
  });

  it('takes __proto__ and constructor for algorithms like any other', () => {
    const set = parseDigestSet(parseJson(bytes(`{"__proto__":"x","sha256":"${SHA256}"}`)), '');
    assert.equal(digestOf(set, '__proto__'), 'x');
    assert.equal(digestOf(set, 'constructor'), undefined);
    assertMalformed(() => parseDigestSet(parseJson(bytes('{"__proto__":{}}')), ''), 'ERR_TYPE', '/__proto__');
  });
});

describe('matchDigestSets', () => {
  const other = 'ef'.repeat(32);

  it('matches by one accepted algorithm', () => {
    assert.ok(matchDigestSets({ sha256: SHA256, sha512: SHA512 }, { sha256: SHA256 }));
    assert.ok(matchDigestSets({ sha512: SHA512 }, { sha256: SHA256, sha512: SHA512 }));
    assert.deepEqual(ACCEPTED, ['sha256', 'sha384', 'sha512']);
  });

  it('GHSA-pgpm-j729-qcvh: rejects a right sha256 beside a wrong sha512, and the other way round', () => {
    const wrong = 'ef'.repeat(64);
    assert.equal(
      matchDigestSets({ sha256: SHA256, sha512: wrong }, { sha256: SHA256, sha512: SHA512 }),
      false,
    );
    assert.equal(
      matchDigestSets({ sha256: other, sha512: SHA512 }, { sha256: SHA256, sha512: SHA512 }),
      false,
    );
  });

  it('rejects sets that have nothing, or only unaccepted algorithms, in common', () => {
    assert.equal(matchDigestSets({}, {}), false);
    assert.equal(matchDigestSets({ sha1: 'a'.repeat(40) }, { sha1: 'a'.repeat(40) }), false);
    assert.equal(matchDigestSets({ md5: 'a'.repeat(32), gitCommit: '1' }, { md5: 'a'.repeat(32) }), false);
    assert.equal(matchDigestSets({ sha256: SHA256 }, { sha512: SHA512 }), false);
  });

  it('does not guess the algorithm from the length: sha3_256, blake2s and sha512_256 are no sha256', () => {
    for (const name of ['sha3_256', 'blake2s', 'sha512_256', 'SHA256', 'sha-256']) {
      assert.equal(matchDigestSets({ [name]: SHA256 }, { sha256: SHA256 }), false);
      assert.equal(matchDigestSets({ [name]: SHA256 }, { [name]: SHA256 }), false);
    }
  });

  it('rejects digests that agree on nonsense', () => {
    for (const digest of ['', 'abc', SHA256.toUpperCase()]) {
      assert.equal(matchDigestSets({ sha256: digest }, { sha256: digest }), false);
    }
  });
});
