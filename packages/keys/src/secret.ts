/** Overwrites secrets with zeros. Only memory we hold: copies inside OpenSSL or a KeyObject are not ours. */
export function wipe(...secrets: readonly (Uint8Array | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}

/**
 * Zeros to write a secret into. V8 keeps arrays of up to 64 bytes, which is what keys are, in its own heap, and leaves
 * copies behind when the collector moves them; over an explicit buffer an array stays where it is.
 */
export function allocateSecret(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}

/** A copy to be wiped by whoever asked for it. */
export function copySecret(secret: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = allocateSecret(secret.length);
  copy.set(secret);
  return copy;
}

/** Joins byte strings, which may be secrets. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = allocateSecret(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Compares without stopping at the first difference. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  return a.reduce((difference, byte, i) => difference | (byte ^ (b[i] ?? 0)), 0) === 0;
}
