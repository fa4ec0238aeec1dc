import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSign, createPrivateKey as importPrivateKey, generateKeyPairSync } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { parsePublicKey, verifySignature } from '@danube/keys';
import { p256KeyFlaw, readP256Signature } from '../src/p256.ts';
import { concatBytes } from '../src/secret.ts';
import { hex, seed, utf8 } from './sample-keys.ts';

const message = utf8('message');
const point = p256.getPublicKey(seed(1), false);
const raw = p256.sign(message, seed(1));

/** DER of two INTEGERs given as hex of their contents. */
function der(r: string, s: string): Uint8Array {
  const body = [r, s].map((i) => `02${(i.length / 2).toString(16).padStart(2, '0')}${i}`).join('');
  return hex(`30${(body.length / 2).toString(16).padStart(2, '0')}${body}`);
}

function scalar(value: bigint): string {
  const text = value.toString(16);
  const even = text.length % 2 === 0 ? text : `0${text}`;
  return /^[89a-f]/.test(even) ? `00${even}` : even;
}

const [r, s] = [raw.subarray(0, 32), raw.subarray(32)].map((half) =>
  BigInt(`0x${Buffer.from(half).toString('hex')}`),
);

describe('ECDSA P-256 signatures (threats 30)', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = parsePublicKey(publicKey.export({ type: 'spki', format: 'der' }));

  it('verifies DER and P1363 as node:crypto writes them', () => {
    for (const dsaEncoding of ['der', 'ieee-p1363'] as const) {
      const signature = createSign('sha256').update(message).sign({ key: privateKey, dsaEncoding });
      assert.equal(verifySignature(key, message, signature), true);
      assert.equal(verifySignature(key, utf8('another'), signature), false);
    }
  });

  it('does not verify a signature over another hash', () => {
    const signature = createSign('sha384')
      .update(message)
      .sign(importPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })));
    assert.equal(verifySignature(key, message, signature), false);
  });

  it('reads minimal DER into r || s, padded to 32 bytes each', () => {
    assert.deepEqual(readP256Signature(der(scalar(r!), scalar(s!))), [raw]);
    assert.deepEqual(readP256Signature(der('01', '02')), [hex(`${'00'.repeat(31)}01${'00'.repeat(31)}02`)]);
  });

  it('refuses BER: long lengths, padded or negative integers, wrong tags, bytes behind', () => {
    const good = der(scalar(r!), scalar(s!));
    const body = good.subarray(2);
    const cases = [
      concatBytes(Uint8Array.of(0x30, 0x81, body.length), body),
      concatBytes(Uint8Array.of(0x30, 0x80), body, hex('0000')),
      concatBytes(good, hex('00')),
      concatBytes(Uint8Array.of(0x30, body.length + 1), body),
      concatBytes(Uint8Array.of(0x30, body.length - 1), body),
      concatBytes(Uint8Array.of(0x30, body.length + 2), body, hex('0500')),
      concatBytes(Uint8Array.of(0x31), good.subarray(1)),
      good.subarray(0, -1),
      der('0001', '01'),
      der('ff', '01'),
      der('', '01'),
      der('01', ''),
      der(`01${'00'.repeat(32)}`, '01'),
      hex('3003020101'),
      hex('3000'),
      hex('30'),
      hex(''),
    ];
    for (const signature of cases) {
      assert.deepEqual(readP256Signature(signature), [], Buffer.from(signature).toString('hex'));
    }
  });

  it('tries both readings of 64 bytes that are DER as well', () => {
    const both = der('11'.repeat(29), '22'.repeat(29));
    assert.equal(both.length, 64);
    assert.equal(readP256Signature(both).length, 2);
  });

  it('does not verify r = 0 or s = 0 (CVE-2022-21449)', () => {
    for (const signature of [new Uint8Array(64), der('00', '00'), der('00', '01'), der('01', '00')]) {
      assert.equal(verifySignature(key, message, signature), false);
    }
  });
});

describe('P-256 public keys (threats 28)', () => {
  it('accepts an uncompressed point on the curve', () => {
    assert.equal(p256KeyFlaw(point), undefined);
  });

  it('refuses a point off the curve, compressed, hybrid, not canonical, or at infinity', () => {
    const off = Uint8Array.from(point);
    off[64]! ^= 1;
    const compressed = p256.getPublicKey(seed(1), true);
    const hybrid = concatBytes(Uint8Array.of(0x06), point.subarray(1));
    const tooLarge = concatBytes(Uint8Array.of(0x04), hex('ff'.repeat(32)), point.subarray(33));
    for (const bad of [
      off,
      compressed,
      hybrid,
      tooLarge,
      Uint8Array.of(0),
      new Uint8Array(0),
      new Uint8Array(65),
    ]) {
      assert.notEqual(p256KeyFlaw(bad), undefined);
    }
  });
});
