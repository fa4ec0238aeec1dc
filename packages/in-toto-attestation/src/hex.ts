import { MalformedError } from './errors.ts';

const LOWER_CASE_HEX = /^(?:[0-9a-f]{2})*$/;

/** Whether the text is lower-case hex of whole bytes; the empty text is. */
export function matchHex(text: string): boolean {
  return LOWER_CASE_HEX.test(text);
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
