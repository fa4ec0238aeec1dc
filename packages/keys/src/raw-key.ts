/** Keys without any frame: bytes as they are, in hex, or in standard base64, with at most one line end behind text. */
import { decodeBase64, decodeHex } from './encoding.ts';
import { copySecret } from './secret.ts';

/** In bytes, without an encoding: seed and public key. A key in any other format but PEM is longer. */
export const LONGEST_RAW_KEY = 64;

/** A copy of the 32 or 64 bytes that are meant, to be wiped; `undefined` when it is no such thing. */
export function decodeRawKey(bytes: Uint8Array): Uint8Array | undefined {
  const decoded = decodeText(withoutLineEnd(bytes));
  if (decoded !== undefined) return decoded;
  if (bytes.length === 32 && bytes.every(isPrintable)) return undefined; // 128 bits in hex, or a password: no key
  return bytes.length === 32 || bytes.length === 64 ? copySecret(bytes) : undefined;
}

function decodeText(text: Uint8Array): Uint8Array | undefined {
  if (text.length === 64 || text.length === 128) return decodeHex(text);
  return text.length === 44 || text.length === 88 ? decodeBase64(text) : undefined;
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

/** What to do about bytes that were not understood. */
export function rawKeyHint(bytes: Uint8Array): string {
  if ((bytes.length === 33 || bytes.length === 65) && bytes.at(-1) === 0x0a) {
    return `a raw key has exactly ${bytes.length - 1} bytes: remove the line feed at the end`;
  }
  return 'PEM, OpenSSH, JWK, or 32 bytes raw, in hex or in base64';
}
