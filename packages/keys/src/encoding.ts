/**
 * Base64 and hex from bytes to bytes. The readers of `in-toto-attestation` take strings, and a string cannot be
 * wiped: a private key must not become one on its way through PEM.
 */
import { allocateSecret, wipe } from './secret.ts';

const ALPHABET = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const BASE64_VALUE = new Map(Array.from(ALPHABET, (character, value) => [character, value]));
const PAD = 0x3d;

/** Standard base64 with padding, as ASCII bytes. */
export function encodeBase64(bytes: Uint8Array): Uint8Array {
  const text = allocateSecret(Math.ceil(bytes.length / 3) * 4).fill(PAD);
  for (let i = 0, at = 0; i < bytes.length; i += 3, at += 4) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const characters = Math.min(4, bytes.length - i + 1);
    for (let j = 0; j < characters; j++) text[at + j] = ALPHABET[(group >> (18 - 6 * j)) & 63] ?? PAD;
  }
  return text;
}

/** Reads exactly what {@link encodeBase64} writes; anything else, unused bits included, is `undefined`. */
export function decodeBase64(text: Uint8Array): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.at(-1) !== PAD ? 0 : text.at(-2) !== PAD ? 1 : 2;
  const bytes = allocateSecret((text.length / 4) * 3 - padding);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text.subarray(0, text.length - padding)) {
    const value = BASE64_VALUE.get(character);
    if (value === undefined) return discard(bytes);
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[at++] = bits >> held;
  }
  const unusedBits = bits & ((1 << held) - 1);
  return unusedBits === 0 ? bytes : discard(bytes);
}

/** Reads lower- or upper-case hex, not a mixture; anything else is `undefined`. */
export function decodeHex(text: Uint8Array): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const upperCase = text.some((character) => character >= 0x41 && character <= 0x46);
  const bytes = allocateSecret(text.length / 2);
  for (let i = 0; i < text.length; i++) {
    const digit = hexDigit(text[i] ?? 0, upperCase);
    if (digit === undefined) return discard(bytes);
    bytes[i >> 1] = ((bytes[i >> 1] ?? 0) << 4) | digit;
  }
  return bytes;
}

function hexDigit(character: number, upperCase: boolean): number | undefined {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const a = upperCase ? 0x41 : 0x61;
  return character >= a && character <= a + 5 ? character - a + 10 : undefined;
}

function discard(bytes: Uint8Array): undefined {
  wipe(bytes);
  return undefined;
}

/** Bytes that are known to be ASCII, as a string. Never called with a secret. */
export function asciiText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
