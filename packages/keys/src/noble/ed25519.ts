/**
 * Ed25519 where there is no node:crypto. noble's own `verify` accepts other signatures than OpenSSL, so only its
 * points are used, for the same cofactorless equation: encode([S]B - [k]A) = R.
 */
import { hashes, getPublicKey, Point, sign } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, copySecret, equalBytes, wipe } from '../secret.ts';

const L = Point.CURVE().n;

/** Verifies with one public key, which is decoded once, when the first signature comes. */
export function createVerifier(
  publicKey: Uint8Array,
): (message: Uint8Array, signature: Uint8Array) => boolean {
  let a: Point | undefined;
  return (message, signature) => {
    a ??= Point.fromBytes(publicKey);
    const r = signature.subarray(0, 32);
    const s = littleEndian(signature.subarray(32));
    const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % L;
    const expected = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k));
    return equalBytes(expected.toBytes(), r);
  };
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** The public key of a seed, and a signer for it, with a copy of the seed that `destroy` wipes. */
export function createSigner(seed: Uint8Array): {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
  destroy(): void;
} {
  hashes.sha512 = sha512;
  const copy = copySecret(seed);
  let destroyed = false;
  return {
    publicKey: getPublicKey(copy),
    sign(message) {
      if (destroyed) throw new TypeError('the private key was destroyed');
      return sign(message, copy);
    },
    destroy() {
      destroyed = true;
      wipe(copy);
    },
  };
}
