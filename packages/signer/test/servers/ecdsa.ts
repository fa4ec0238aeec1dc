import type { KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';

/** ECDSA over a digest that is given, as services sign; node:crypto only signs what it hashed itself. */
export function signDigest(
  privateKey: KeyObject,
  digest: Uint8Array,
  format: 'der' | 'compact' = 'der',
): Buffer {
  const { d = '' } = privateKey.export({ format: 'jwk' });
  return Buffer.from(p256.sign(digest, Buffer.from(d, 'base64url'), { prehash: false, format }));
}
