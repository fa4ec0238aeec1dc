import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Point } from '@noble/ed25519';
import { isStrictSignature, publicKeyFlaw } from '../src/ed25519-profile.ts';
import { concatBytes } from '../src/secret.ts';
import { hex, sampleKey, TORSION, utf8 } from './sample-keys.ts';

const P = 2n ** 255n - 19n;
const L = Point.CURVE().n;

function encodeY(y: bigint, sign: 0 | 1): Uint8Array {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => Number((y >> BigInt(8 * i)) & 0xffn));
  bytes[31]! |= sign << 7;
  return bytes;
}

function encodeScalar(s: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((s >> BigInt(8 * i)) & 0xffn));
}

describe('public keys in the strict profile (threats 27)', () => {
  it('accepts keys that are derived from a seed', () => {
    for (let n = 0; n < 50; n++) assert.equal(publicKeyFlaw(sampleKey(n).publicKey.raw), undefined);
  });

  it('accepts a key of mixed order, which is neither small nor in the prime-order group', () => {
    const mixed = Point.BASE.multiply(7n).add(TORSION[1]!);
    assert.equal(publicKeyFlaw(mixed.toBytes()), undefined);
  });

  it('refuses each of the eight points of small order', () => {
    assert.equal(new Set(TORSION.map((point) => point.toHex())).size, 8);
    for (const point of TORSION) assert.match(publicKeyFlaw(point.toBytes()) ?? '', /small order/);
  });

  it('refuses every encoding with y >= p, with either sign', () => {
    for (let y = P; y < 2n ** 255n; y++) {
      for (const sign of [0, 1] as const) assert.match(publicKeyFlaw(encodeY(y, sign)) ?? '', /canonical/);
    }
  });

  it('reads the encodings just below p as canonical', () => {
    for (let y = P - 40n; y < P; y++) assert.doesNotMatch(publicKeyFlaw(encodeY(y, 0)) ?? '', /canonical/);
  });

  it('refuses x = 0 with its sign bit set', () => {
    assert.match(publicKeyFlaw(encodeY(1n, 1)) ?? '', /small order/);
    assert.match(publicKeyFlaw(encodeY(P - 1n, 1)) ?? '', /small order/);
  });

  it('agrees with noble on what lies on the curve, for 300 values of y', () => {
    let onCurve = 0;
    for (let y = 2n; y < 302n; y++) {
      const bytes = encodeY(y, 0);
      const flaw = publicKeyFlaw(bytes);
      if (isDecodable(bytes)) onCurve += 1;
      assert.equal(flaw === undefined, isDecodable(bytes), `y = ${y}: ${flaw}`);
    }
    assert.ok(onCurve > 100 && onCurve < 200);
  });

  it('refuses 0, 31, 33 and 64 bytes', () => {
    for (const length of [0, 31, 33, 64]) assert.match(publicKeyFlaw(new Uint8Array(length)) ?? '', /bytes/);
  });
});

function isDecodable(bytes: Uint8Array): boolean {
  try {
    Point.fromBytes(bytes);
    return true;
  } catch {
    return false;
  }
}

describe('signatures in the strict profile (threats 27)', () => {
  const signature = sampleKey(1).sign(utf8('message'));
  const r = signature.subarray(0, 32);

  it('accepts a signature as it is made', () => {
    assert.equal(isStrictSignature(signature), true);
  });

  it('refuses any other length than 64', () => {
    for (const length of [0, 32, 63, 65, 128]) {
      assert.equal(isStrictSignature(concatBytes(signature, signature).subarray(0, length)), false);
    }
  });

  it('refuses S = L and above, and accepts S = L - 1', () => {
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
    for (const bad of [L, L + 1n, s + L, 2n ** 253n, 2n ** 256n - 1n]) {
      assert.equal(isStrictSignature(concatBytes(r, encodeScalar(bad))), false);
    }
    for (const good of [0n, 1n, L - 1n])
      assert.equal(isStrictSignature(concatBytes(r, encodeScalar(good))), true);
  });

  it('refuses R of small order', () => {
    for (const point of TORSION) {
      assert.equal(isStrictSignature(concatBytes(point.toBytes(), signature.subarray(32))), false);
    }
  });

  it('takes R whose first and last bytes are those of an encoding that is not canonical', () => {
    const s = signature.subarray(32);
    for (const index of [1, 15, 30]) {
      const point = encodeY(2n ** 255n - 1n, 0);
      point[index] = 0xfe;
      assert.equal(isStrictSignature(concatBytes(point, s)), true, `byte ${index}`);
    }
  });

  it('refuses R that is not canonical', () => {
    for (let y = P; y < 2n ** 255n; y++) {
      assert.equal(isStrictSignature(concatBytes(encodeY(y, 0), signature.subarray(32))), false);
      assert.equal(isStrictSignature(concatBytes(encodeY(y, 1), signature.subarray(32))), false);
    }
  });

  it('refuses the fixed signature that once verified every message under the identity point', () => {
    assert.equal(isStrictSignature(concatBytes(hex('01'), new Uint8Array(63))), false);
  });
});
