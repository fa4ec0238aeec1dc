/** node:crypto, noble and libsodium must accept exactly the same signatures: random ones, mutated ones, and hand-made traps. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import * as fc from 'fast-check';
import { isStrictSignature, publicKeyFlaw } from '../src/ed25519-profile.ts';
import { parsePublicKey } from '../src/index.ts';
import { createLibsodiumVerifier, type Libsodium } from '../src/libsodium.ts';
import * as noble from '../src/noble/ed25519.ts';
import * as nobleKdf from '../src/noble/kdf.ts';
import * as nobleP256 from '../src/noble/p256.ts';
import * as nobleSha256 from '../src/noble/sha256.ts';
import * as node from '../src/node/ed25519.ts';
import * as nodeKdf from '../src/node/kdf.ts';
import * as nodeP256 from '../src/node/p256.ts';
import * as nodeSha256 from '../src/node/sha256.ts';
import { concatBytes } from '../src/secret.ts';
import { hex, RFC8032_PUBLIC, RFC8032_SEED, sampleKey, seed, TORSION, utf8 } from './sample-keys.ts';

/** The exports must have the same types as well. */
const PLATFORMS: readonly (typeof node)[] = [node, noble];
const KDFS: readonly (typeof nodeKdf)[] = [nodeKdf, nobleKdf];
const P256: readonly (typeof nodeP256)[] = [nodeP256, nobleP256];

const LIBSODIUM: Libsodium = createRequire(import.meta.url)('sodium-native');

const L = Point.CURVE().n;

function verdicts(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean[] {
  if (publicKeyFlaw(key) !== undefined || !isStrictSignature(signature)) return [];
  const found = PLATFORMS.map((platform) => platform.createVerifier(key)(message, signature));
  const byLibsodium = createLibsodiumVerifier(LIBSODIUM, parsePublicKey(key))(message, signature);
  assert.equal(byLibsodium, found[0]);
  return found;
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function encodeScalar(s: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((s >> BigInt(8 * i)) & 0xffn));
}

/** A signature by a secret scalar, with points of small order added to key and R: what no honest signer makes. */
function signWithTorsion(a: bigint, r: bigint, message: Uint8Array, keyTorsion: Point, rTorsion: Point) {
  const key = Point.BASE.multiply(a).add(keyTorsion).toBytes();
  const rBytes = Point.BASE.multiply(r).add(rTorsion).toBytes();
  const k = littleEndian(sha512(concatBytes(rBytes, key, message))) % L;
  return { key, signature: concatBytes(rBytes, encodeScalar((r + k * a) % L)), k };
}

describe('Ed25519 by node:crypto, noble and libsodium', () => {
  it('makes the key and the signature of RFC 8032, 7.1, TEST 1', () => {
    const expected =
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b';
    for (const platform of PLATFORMS) {
      const signer = platform.createSigner(RFC8032_SEED);
      assert.deepEqual(signer.publicKey, RFC8032_PUBLIC);
      assert.deepEqual(signer.sign(new Uint8Array()), hex(expected));
    }
  });

  it('signs alike, and verifies what the other signed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 300 }),
        (seed, message) => {
          const [first, second] = PLATFORMS.map((platform) => platform.createSigner(seed));
          const signature = first!.sign(message);
          assert.deepEqual(second!.sign(message), signature);
          assert.deepEqual(second!.publicKey, first!.publicKey);
          assert.deepEqual(verdicts(first!.publicKey, message, signature), [true, true]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('agrees on signatures, keys and messages with any bits flipped', () => {
    const flip = fc.record({ part: fc.constantFrom('key', 'r', 's', 'message'), bit: fc.nat(255) });
    fc.assert(
      fc.property(fc.nat(20), fc.array(flip, { minLength: 1, maxLength: 3 }), (n, flips) => {
        const signer = sampleKey(n);
        const message = utf8(`message ${n}, long enough to have bits to flip`);
        const parts = { key: Uint8Array.from(signer.publicKey.raw), message, ...split(signer.sign(message)) };
        for (const { part, bit } of flips) parts[part][bit >> 3]! ^= 1 << (bit & 7);
        const [byNode, byNoble] = verdicts(parts.key, parts.message, concatBytes(parts.r, parts.s));
        assert.equal(byNode, byNoble);
      }),
      { numRuns: 400 },
    );
  });

  it('agrees on keys and R with components of small order, accepting those that satisfy the cofactorless equation', () => {
    const scalar = fc.bigInt({ min: 1n, max: L - 1n });
    const counts = { accepted: 0, rejected: 0 };
    fc.assert(
      fc.property(scalar, scalar, fc.uint8Array(), fc.nat(7), fc.nat(7), (a, r, message, i, j) => {
        const { key, signature, k } = signWithTorsion(a, r, message, TORSION[i]!, TORSION[j]!);
        const holds = (k * BigInt(i) + BigInt(j)) % 8n === 0n; // -[k]T_i = T_j
        assert.deepEqual(verdicts(key, message, signature), [holds, holds]);
        counts[holds ? 'accepted' : 'rejected'] += 1;
      }),
      { numRuns: 300 },
    );
    assert.ok(counts.accepted > 0 && counts.rejected > 0, JSON.stringify(counts));
  });

  it('rejects S + L, which the equation alone would accept', () => {
    for (let n = 0; n < 20; n++) {
      const key = sampleKey(n);
      const { r, s } = split(key.sign(utf8('message')));
      const malleable = concatBytes(r, encodeScalar(littleEndian(s) + L));
      assert.equal(isStrictSignature(malleable), false);
    }
  });

  it('rejects R and S that are zero, one, or swapped', () => {
    const key = sampleKey(3).publicKey.raw;
    const message = utf8('message');
    const { r, s } = split(sampleKey(3).sign(message));
    const zero = new Uint8Array(32);
    const one = encodeScalar(1n);
    for (const [left, right] of [
      [r, zero],
      [zero, s],
      [r, one],
      [one, s],
      [s, r],
      [zero, zero],
      [key, s],
    ] as const) {
      for (const verdict of verdicts(key, message, concatBytes(left, right))) assert.equal(verdict, false);
    }
  });

  it('rejects a signature over the digest, and one by Ed25519ph (keys.md 10)', () => {
    const message = utf8('message');
    const key = sampleKey(4).publicKey.raw;
    assert.deepEqual(verdicts(key, message, sampleKey(4).sign(sha512(message))), [false, false]);
    const prehashed = ed25519ph.sign(message, seed(4));
    assert.equal(ed25519ph.verify(prehashed, message, key), true);
    assert.deepEqual(verdicts(key, message, prehashed), [false, false]);
  });

  it('refuses to sign after destroy', () => {
    for (const platform of PLATFORMS) {
      const signer = platform.createSigner(seed(1));
      signer.destroy();
      assert.throws(() => signer.sign(utf8('message')), TypeError);
    }
  });
});

function split(signature: Uint8Array): { r: Uint8Array; s: Uint8Array } {
  return { r: signature.slice(0, 32), s: signature.slice(32) };
}

describe('ECDSA P-256 by node:crypto and by noble', () => {
  it('agrees on signatures with any bits flipped', async () => {
    const { p256 } = await import('@noble/curves/nist.js');
    const message = utf8('message');
    fc.assert(
      fc.property(fc.nat(10), fc.array(fc.nat(511), { maxLength: 2 }), fc.boolean(), (n, flips, highS) => {
        const point = p256.getPublicKey(seed(n), false);
        const signature = p256.sign(message, seed(n), { lowS: !highS });
        for (const bit of flips) signature[bit >> 3]! ^= 1 << (bit & 7);
        const [byNode, byNoble] = P256.map((platform) => platform.createVerifier(point)(message, signature));
        assert.equal(byNode, byNoble);
        if (flips.length === 0) assert.equal(byNode, true);
      }),
      { numRuns: 150 },
    );
  });

  it('rejects r and s that are zero, the order, or larger', async () => {
    const { p256 } = await import('@noble/curves/nist.js');
    const n = p256.Point.Fn.ORDER;
    const point = p256.getPublicKey(seed(1), false);
    const good = p256.sign(utf8('message'), seed(1));
    const scalars = [0n, n, n + 1n, 2n ** 256n - 1n].map((value) =>
      hex(value.toString(16).padStart(64, '0')),
    );
    for (const platform of P256) {
      const verify = platform.createVerifier(point);
      assert.equal(verify(utf8('message'), good), true);
      for (const scalar of scalars) {
        assert.equal(verify(utf8('message'), concatBytes(scalar, good.subarray(32))), false);
        assert.equal(verify(utf8('message'), concatBytes(good.subarray(0, 32), scalar)), false);
      }
    }
  });
});

describe('hashes and key derivations by node:crypto and by noble', () => {
  it('agrees on SHA-256, scrypt, PBKDF2 and AES', async () => {
    const [passphrase, salt] = [utf8('passphrase'), utf8('salt')];
    assert.deepEqual(nodeSha256.sha256(salt), nobleSha256.sha256(salt));
    const derived = await Promise.all(
      KDFS.map(async (kdf) => {
        const scrypt = await kdf.scrypt(passphrase, salt, { N: 1024, r: 8, p: 2 }, 48);
        const hashes = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
        const pbkdf2 = await Promise.all(
          hashes.map((hash) => kdf.pbkdf2(passphrase, salt, { iterations: 10, hash }, 48)),
        );
        const [key, iv] = [scrypt.subarray(0, 32), scrypt.subarray(32)];
        const encrypted = kdf.encryptAesCbc(key, iv, salt);
        return [
          scrypt,
          ...pbkdf2,
          encrypted,
          kdf.decryptAesCbc(key, iv, encrypted),
          kdf.applyAesCtr(key, iv, salt),
        ];
      }),
    );
    const [byNode, byNoble] = derived.map((values) =>
      values.map((value) => Buffer.from(value ?? []).toString('hex')),
    );
    assert.deepEqual(byNode, byNoble);
  });

  it('says undefined for wrong padding, and throws nothing', () => {
    const key = seed(1);
    const iv = key.subarray(0, 16);
    for (const kdf of KDFS) {
      const encrypted = kdf.encryptAesCbc(key, iv, utf8('text'));
      encrypted[15]! ^= 0x80;
      assert.equal(kdf.decryptAesCbc(key, iv, encrypted), undefined);
      assert.equal(kdf.decryptAesCbc(key, iv, new Uint8Array()), undefined);
    }
  });
});
