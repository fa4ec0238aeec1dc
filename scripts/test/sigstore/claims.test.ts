import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Extension, readClaims, readIssuer } from '../../../packages/sigstore/src/claims.ts';

const UTF8_STRING = 0x0c;

function extension(number: number, ...value: readonly (Uint8Array | string)[]): Extension {
  return {
    oid: `1.3.6.1.4.1.57264.1.${number}`,
    value: Buffer.concat(value.map((part) => Buffer.from(part))),
  };
}

const a = (length: number): string => 'a'.repeat(length);
const refused = { name: 'SigstoreError', code: 'ERR_SIGSTORE_CERTIFICATE' };

describe('readClaims', () => {
  it('reads the older extensions, whose repository stands without its host', () => {
    const older = [
      extension(2, 'push'),
      extension(3, 'c0ffee'),
      extension(5, 'shop/app'),
      extension(6, 'refs/heads/main'),
    ];
    assert.deepEqual(readClaims(older), {
      buildTrigger: 'push',
      sourceRepositoryUri: 'https://github.com/shop/app',
      sourceRepositoryDigest: 'c0ffee',
      sourceRepositoryRef: 'refs/heads/main',
    });
  });

  it('takes the newer extension where both are there', () => {
    const newer = extension(12, Buffer.of(UTF8_STRING, 9), 'https://a');
    assert.deepEqual(readClaims([extension(5, 'shop/app'), newer]), { sourceRepositoryUri: 'https://a' });
  });

  it('leaves out what the certificate does not say', () => {
    assert.deepEqual(readClaims([]), {});
  });

  it('reads a text of each length in the shortest form of DER', () => {
    for (const [length, ...header] of [
      [0, 0x00],
      [0x7f, 0x7f],
      [0x80, 0x81, 0x80],
      [0xff, 0x81, 0xff],
      [0x100, 0x82, 0x01, 0x00],
      [0x101, 0x82, 0x01, 0x01],
      [0x8000, 0x82, 0x80, 0x00],
    ] as const) {
      const claims = readClaims([extension(11, Buffer.of(UTF8_STRING, ...header), a(length))]);
      assert.equal(claims.runnerEnvironment?.length, length);
    }
  });

  const broken: Readonly<Record<string, Extension>> = {
    'an indefinite length': extension(11, Buffer.of(UTF8_STRING, 0x80), a(0x80)),
    'a length of 127 in two octets': extension(11, Buffer.of(UTF8_STRING, 0x81, 0x7f), a(0x7f)),
    'a length of 128 in three octets': extension(11, Buffer.of(UTF8_STRING, 0x82, 0x00, 0x80), a(0x80)),
    'a length of four octets': extension(11, Buffer.of(UTF8_STRING, 0x83, 0x00, 0x01, 0x00), a(0x100)),
    'a length of four octets that begins like one of three': extension(
      11,
      Buffer.of(UTF8_STRING, 0x83, 0x01, 0x00),
      a(0x100),
    ),
    'a length of five octets that begins like one of two': extension(
      11,
      Buffer.of(UTF8_STRING, 0x84, 0x80),
      a(0x80),
    ),
    'an octet behind the text': extension(11, Buffer.of(UTF8_STRING, 2), 'abc'),
    'a text that ends too early': extension(11, Buffer.of(UTF8_STRING, 4), 'abc'),
    'no length': extension(11, Buffer.of(UTF8_STRING)),
    'nothing in it': extension(11),
    'another type of text': extension(11, Buffer.of(0x16, 3), 'abc'),
    'a text that is not UTF-8': extension(11, Buffer.of(UTF8_STRING, 3, 0x61, 0xff, 0x62)),
    'an older text that is not UTF-8': extension(6, Buffer.of(0x61, 0xff, 0x62)),
  };
  for (const [what, value] of Object.entries(broken)) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readClaims([value]), refused);
    });
  }

  it('refuses an extension that is there twice, also with the same value', () => {
    assert.throws(() => readClaims([extension(6, 'a'), extension(6, 'a')]), refused);
  });

  it('keeps a byte order mark, which belongs to the text', () => {
    assert.equal(readClaims([extension(6, '\ufeffrefs')]).sourceRepositoryRef, '\ufeffrefs');
  });
});

describe('readIssuer', () => {
  it('takes the newer extension before the older one', () => {
    const older = extension(1, 'https://older');
    const newer = extension(8, Buffer.of(UTF8_STRING, 13), 'https://newer');
    assert.equal(readIssuer([older, newer]), 'https://newer');
    assert.equal(readIssuer([older]), 'https://older');
    assert.equal(readIssuer([]), undefined);
  });
});
