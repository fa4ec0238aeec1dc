/** ECDSA P-256 with SHA-256 by node:crypto. Points were checked when the key was read (p256.ts). */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { P256_SPKI_PREFIX } from '../p256-der.ts';
import { concatBytes } from '../secret.ts';

/** Verifies signatures (r || s) with one public key, which is imported once, when the first signature comes. */
export function createVerifier(point: Uint8Array): (message: Uint8Array, signature: Uint8Array) => boolean {
  let imported: KeyObject | undefined;
  return (message, signature) => {
    imported ??= importPoint(point);
    return verify('sha256', message, { key: imported, dsaEncoding: 'ieee-p1363' }, signature);
  };
}

function importPoint(point: Uint8Array): KeyObject {
  const spki = concatBytes(P256_SPKI_PREFIX, point);
  return createPublicKey({ key: Buffer.from(spki.buffer), format: 'der', type: 'spki' });
}
