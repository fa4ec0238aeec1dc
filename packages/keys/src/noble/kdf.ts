/** What encrypted key files need, where there is no node:crypto. */
import { cbc, ctr } from '@noble/ciphers/aes.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { pbkdf2Async } from '@noble/hashes/pbkdf2.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import type { Pbkdf2Cost, ScryptCost } from '../kdf.ts';

const HASHES: Readonly<Record<Pbkdf2Cost['hash'], typeof sha256 | typeof sha1>> = {
  sha1,
  sha256,
  sha384,
  sha512,
};

/** scrypt (RFC 7914). The result is a secret. */
export async function scrypt(
  passphrase: Uint8Array,
  salt: Uint8Array,
  { N, r, p }: ScryptCost,
  length: number,
): Promise<Uint8Array> {
  return scryptAsync(passphrase, salt, { N, r, p, dkLen: length });
}

/** PBKDF2 (RFC 8018, 5.2). The result is a secret. */
export async function pbkdf2(
  passphrase: Uint8Array,
  salt: Uint8Array,
  { iterations, hash }: Pbkdf2Cost,
  length: number,
): Promise<Uint8Array> {
  return pbkdf2Async(HASHES[hash], passphrase, salt, { c: iterations, dkLen: length });
}

/** AES-CBC with PKCS#7 padding. */
export function encryptAesCbc(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return cbc(key, iv).encrypt(plaintext);
}

/** Undoes {@link encryptAesCbc}; `undefined` when the padding is wrong. The result is a secret. */
export function decryptAesCbc(
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  try {
    return cbc(key, iv).decrypt(ciphertext);
  } catch {
    return undefined; // the only thing that can be wrong here, and all that there is to say about it
  }
}

/** AES-CTR, which is its own inverse. */
export function applyAesCtr(key: Uint8Array, iv: Uint8Array, text: Uint8Array): Uint8Array {
  return ctr(key, iv).decrypt(text);
}
