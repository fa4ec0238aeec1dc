/** What encrypted key files need, by node:crypto: in OpenSSL's threads, and AES without tables in memory. */
import { createCipheriv, createDecipheriv, pbkdf2 as nodePbkdf2, scrypt as nodeScrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { Pbkdf2Cost, ScryptCost } from '../kdf.ts';
import { concatBytes, wipe } from '../secret.ts';

/** Above anything that limits.ts lets pass; OpenSSL's own limit of 32 MiB is below what good keys use. */
const MAX_MEMORY = 2 ** 30;

/** scrypt (RFC 7914). The result is a secret. */
export async function scrypt(
  passphrase: Uint8Array,
  salt: Uint8Array,
  { N, r, p }: ScryptCost,
  length: number,
): Promise<Uint8Array> {
  const derive = promisify<Uint8Array, Uint8Array, number, object, Buffer>(nodeScrypt);
  return derive(passphrase, salt, length, { N, r, p, maxmem: MAX_MEMORY });
}

/** PBKDF2 (RFC 8018, 5.2). The result is a secret. */
export async function pbkdf2(
  passphrase: Uint8Array,
  salt: Uint8Array,
  { iterations, hash }: Pbkdf2Cost,
  length: number,
): Promise<Uint8Array> {
  return promisify(nodePbkdf2)(passphrase, salt, iterations, length, hash);
}

/** AES-CBC with PKCS#7 padding. */
export function encryptAesCbc(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, iv);
  return concatBytes(cipher.update(plaintext), cipher.final());
}

/** Undoes {@link encryptAesCbc}; `undefined` when the padding is wrong. The result is a secret. */
export function decryptAesCbc(
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  const decipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, iv);
  const parts = [decipher.update(ciphertext)];
  try {
    parts.push(decipher.final());
    return concatBytes(...parts);
  } catch {
    return undefined; // the only thing that can be wrong here, and all that there is to say about it
  } finally {
    wipe(...parts);
  }
}

/** AES-CTR, which is its own inverse. The result is a secret. */
export function applyAesCtr(key: Uint8Array, iv: Uint8Array, text: Uint8Array): Uint8Array {
  const cipher = createDecipheriv(`aes-${key.length * 8}-ctr`, key, iv);
  const result = cipher.update(text);
  cipher.final();
  return result;
}
