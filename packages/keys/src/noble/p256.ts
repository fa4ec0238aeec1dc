/** ECDSA P-256 with SHA-256 where there is no node:crypto. Either half of the s range is accepted, as OpenSSL does. */
import { p256 } from '@noble/curves/nist.js';

/** Verifies signatures (r || s) with one public key. */
export function createVerifier(point: Uint8Array): (message: Uint8Array, signature: Uint8Array) => boolean {
  return (message, signature) =>
    p256.verify(signature, message, point, { format: 'compact', lowS: false, prehash: true });
}
