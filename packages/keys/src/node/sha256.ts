import { hash } from 'node:crypto';

/** SHA-256 of a byte string. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(hash('sha256', bytes, 'buffer'));
}
