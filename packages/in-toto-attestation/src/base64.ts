import { type BufferMaker, NODE_BUFFER } from './bytes.ts';
import { MalformedError } from './errors.ts';

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Whether the text ends in `=` up to a multiple of four characters, as RFC 4648 section 3.2 has it, or never. */
export type Base64Padding = 'required' | 'none';

/**
 * Bytes of a text in exactly one of RFC 4648's two alphabets, standard (section 4) or URL-safe (section 5); DSSE lets
 * a signer choose. What an encoder would not have written is refused: both alphabets in one text, whitespace, wrong
 * padding, bits set behind the last byte.
 *
 * @param padding `required` (the default, what DSSE and Sigstore write) or `none` (JWK, SSH fingerprints).
 * @throws {MalformedError} `ERR_BASE64` at the pointer.
 */
export function decodeBase64(text: string, pointer: string, padding: Base64Padding = 'required'): Uint8Array {
  const padded = padding === 'required' ? text : pad(text);
  if (padded === undefined) throw notCanonical(pointer);
  return decodeBehind(padded, pointer, 0);
}

/**
 * Bytes of a padded text, see {@link decodeBase64}, with at least `room` bytes in front of them in the same memory: what
 * those hold is not said.
 */
export function decodeBehind(text: string, pointer: string, room: number): Uint8Array {
  const bytes = NODE_BUFFER ? decodeByBuffer(text, NODE_BUFFER, room) : decodeByTable(text, room);
  if (bytes === undefined) throw notCanonical(pointer);
  return bytes;
}

function notCanonical(pointer: string): MalformedError {
  return new MalformedError('ERR_BASE64', pointer, 'not canonical base64');
}

/** Text of the bytes in standard base64 with padding (RFC 4648 section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  if (NODE_BUFFER) return NODE_BUFFER.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  return encodeByTable(bytes);
}

function pad(text: string): string | undefined {
  return text.endsWith('=') ? undefined : text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

const VALUES: Uint8Array = new Uint8Array(128).fill(0xff);
for (const [value, digit] of new TextEncoder().encode(STANDARD).entries()) VALUES[digit] = value;
VALUES[0x2d] = 62;
VALUES[0x5f] = 63;

/**
 * Buffer cuts characters beyond U+00FF down to a byte (`Ł` reads as `A`), so only ASCII is given to it. Of that it skips
 * what is not in either alphabet, and ends at `=`: then there are fewer bytes than the length of the text promises.
 */
export function decodeByBuffer(text: string, buffer: BufferMaker, room = 0): Uint8Array | undefined {
  if (text.length % 4 !== 0 || buffer.byteLength(text, 'utf8') !== text.length) return undefined;
  const padding = paddingOf(text);
  const length = (text.length / 4) * 3 - padding;
  const bytes = buffer.allocUnsafe(room + length);
  if (bytes.write(text, room, 'base64') !== length) return undefined;
  const last = VALUES[text.charCodeAt(text.length - padding - 1)] ?? 0;
  if (hasBitsBehind(last, padding) || mixesAlphabets(text)) return undefined;
  return new Uint8Array(bytes.buffer, bytes.byteOffset + room, length);
}

/** The same verdict and bytes as {@link decodeByBuffer}, where there is no Buffer. */
export function decodeByTable(text: string, room = 0): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = paddingOf(text);
  const digits = text.length - padding;
  const bytes = new Uint8Array(room + (text.length / 4) * 3 - padding).subarray(room);
  let bits = 0;
  let at = 0;
  for (let index = 0; index < digits; index += 1) {
    const value = VALUES[text.charCodeAt(index)] ?? 0xff;
    if (value === 0xff) return undefined;
    bits = ((bits << 6) | value) & 0xffffff;
    if (index % 4 !== 0) bytes[at++] = bits >> (6 - 2 * (index % 4));
  }
  return hasBitsBehind(bits, padding) || mixesAlphabets(text) ? undefined : bytes;
}

function paddingOf(text: string): 0 | 1 | 2 {
  return text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
}

/** Whether the last digit sets bits behind the last byte. */
function hasBitsBehind(last: number, padding: 0 | 1 | 2): boolean {
  return padding > 0 && (last & (padding === 2 ? 0xf : 0x3)) !== 0;
}

function mixesAlphabets(text: string): boolean {
  const isStandard = text.includes('+') || text.includes('/');
  return isStandard && (text.includes('-') || text.includes('_'));
}

/** The same text as Buffer writes, where there is no Buffer. */
export function encodeByTable(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const group = (first << 16) | (second << 8) | third;
    for (let shift = 18; shift >= 0; shift -= 6) text += STANDARD.charAt((group >> shift) & 63);
  }
  const padding = (3 - (bytes.length % 3)) % 3;
  return text.slice(0, text.length - padding) + '='.repeat(padding);
}
