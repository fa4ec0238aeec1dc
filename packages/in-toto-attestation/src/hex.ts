import { MalformedError } from './errors.ts';

/** Whether the text is lower-case hex of whole bytes; the empty text is. */
export function matchHex(text: string): boolean {
  // A regular expression takes four times as long, and a statement may hold tens of thousands of digests.
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (!((unit >= 0x30 && unit <= 0x39) || (unit >= 0x61 && unit <= 0x66))) return false;
  }
  return text.length % 2 === 0;
}

/**
 * Bytes of a text in lower-case hex.
 *
 * @throws {MalformedError} `ERR_HEX` at the pointer.
 */
export function decodeHex(text: string, pointer: string): Uint8Array {
  if (!matchHex(text)) throw new MalformedError('ERR_HEX', pointer, 'not lower-case hex');
  return Uint8Array.from({ length: text.length / 2 }, (_, at) =>
    Number.parseInt(text.slice(2 * at, 2 * at + 2), 16),
  );
}

/** Text of the bytes in lower-case hex. */
export function encodeHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
