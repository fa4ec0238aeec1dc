import { gunzipSync, inflateSync } from 'node:zlib';
import { isPrivateKeyBytes } from './private-keys.ts';

/** What a piece of a text hides: another text, or bytes that are a key. */
export interface Layer {
  /** Where it stands in the text around it. */
  readonly start: number;
  readonly end: number;
  readonly hidden: Hidden;
}

export type Hidden =
  | { readonly kind: 'text'; readonly text: string; readonly layers: number }
  | { readonly kind: 'private-key' }
  | { readonly kind: 'too-large' };

/** How many bytes are unpacked from one scanned document, so that it cannot make the scan run on. */
export interface Budget {
  bytes: number;
}

const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{20,}/g;
const MAX_PARTS = 64;

/** What stands in base64 in a text, standard or URL-safe. */
export function* findBase64(text: string, budget: Budget): Generator<Layer> {
  for (const { 0: run, index } of text.matchAll(BASE64)) {
    const hidden = openBase64(run, budget);
    if (hidden !== undefined) yield { start: index, end: index + run.length, hidden };
    else yield* openParts(run, index, budget);
  }
}

/** A path or a word with a dash can stand before base64, in characters that base64 has as well. */
function* openParts(run: string, index: number, budget: Budget): Generator<Layer> {
  if (run.length > 65_536 || !/[/_-]/.test(run)) return;
  let [start, count] = [index, 0];
  for (const part of run.split(/[/_-]/)) {
    if (part.length >= 20 && (count += 1) <= MAX_PARTS) {
      const hidden = start === index ? undefined : openBase64(run.slice(start - index), budget);
      if (hidden !== undefined) {
        yield { start, end: index + run.length, hidden };
        return;
      }
      const alone = openBase64(part, budget);
      if (alone !== undefined) yield { start, end: start + part.length, hidden: alone };
    }
    start += part.length + 1;
  }
}

function openBase64(run: string, budget: Budget): Hidden | undefined {
  return mayHide(run) ? openBytes(Buffer.from(run, 'base64'), budget, 1) : undefined;
}

const SEXTETS: Uint8Array = sextets();

function sextets(): Uint8Array {
  const table = new Uint8Array(128);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  for (let value = 0; value < alphabet.length; value += 1) table[alphabet.charCodeAt(value)] = value;
  for (const [character, value] of [
    ['+', 62],
    ['-', 62],
    ['/', 63],
    ['_', 63],
  ] as const) {
    table[character.charCodeAt(0)] = value;
  }
  return table;
}

const HEAD = 15;
const head = new Uint8Array(HEAD);

/**
 * Whether base64 can hold text, packed text or a key, by its first bytes. Most of what there is holds a digest or a
 * signature, and none of them is decoded for this.
 */
export function mayHide(base64: string): boolean {
  if (base64.length < (HEAD / 3) * 4) return false;
  let bits = 0;
  for (let index = 0; index < (HEAD / 3) * 4; index += 1) {
    bits = ((bits << 6) | (SEXTETS[base64.charCodeAt(index)] ?? 0)) & 0xff_ffff;
    if (index % 4 !== 3) continue;
    const at = (index >> 2) * 3;
    head[at] = bits >> 16;
    head[at + 1] = (bits >> 8) & 255;
    head[at + 2] = bits & 255;
  }
  if (isGzip(head) || isZlib(head) || isWide(head)) return true;
  return head[0] === 0x30 || head[0] === 0xfe
    ? isPrivateKeyBytes(Buffer.from(base64.slice(0, 64), 'base64')) || isTextHead()
    : isTextHead();
}

/** No control character, and no byte of a longer character alone. */
function isTextHead(): boolean {
  for (let index = 0; index < HEAD; index += 1) {
    const byte = head[index] ?? 0;
    if (isControl(byte)) return false;
    if (byte >= 0x80 && index < HEAD - 1 && (head[index - 1] ?? 0) < 0x80 && (head[index + 1] ?? 0) < 0x80)
      return false;
  }
  return true;
}

/** The text in these bytes, unpacked where they are packed. */
export function openBytes(bytes: Uint8Array, budget: Budget, layers: number): Hidden | undefined {
  budget.bytes -= bytes.length;
  if (budget.bytes < 0) return { kind: 'too-large' };
  if (isPrivateKeyBytes(bytes)) return { kind: 'private-key' };
  if (isGzip(bytes) || isZlib(bytes)) return unpack(bytes, budget, layers + 1);
  const text = decodeText(bytes);
  return text === undefined ? undefined : { kind: 'text', text, layers };
}

function unpack(bytes: Uint8Array, budget: Budget, layers: number): Hidden | undefined {
  try {
    const options = { maxOutputLength: Math.max(1, budget.bytes), finishFlush: 2 };
    const unpacked = isGzip(bytes) ? gunzipSync(bytes, options) : inflateSync(bytes, options);
    return openBytes(unpacked, budget, layers);
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return isTooLarge ? { kind: 'too-large' } : undefined;
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

function isZlib(bytes: Uint8Array): boolean {
  return bytes[0] === 0x78 && [0x01, 0x5e, 0x9c, 0xda].includes(bytes[1] ?? 0);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Text in UTF-8 or UTF-16, unless the bytes are anything else. */
function decodeText(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  if (bytes.length >= 4 && isWide(bytes))
    return wide(second === 0 || first === 0xff ? 'utf-16le' : 'utf-16be', bytes);
  if (bytes.some(isControl)) return undefined;
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Latin text in UTF-16, or a byte order mark. */
function isWide(bytes: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return (
    (first === 0) !== (second === 0) && (first === 0) === (third === 0) && (second === 0) === (fourth === 0)
  );
}

function wide(encoding: 'utf-16le' | 'utf-16be', bytes: Uint8Array): string | undefined {
  const text = new TextDecoder(encoding).decode(bytes);
  return /^[\t\n\r -\u024f]{2}/.test(text) && !text.slice(0, 64).includes('\ufffd') ? text : undefined;
}

/** Whether a byte is one that no text has. */
function isControl(byte: number): boolean {
  return byte < 9 || byte === 127 || (byte > 13 && byte < 32 && byte !== 27);
}

const PERCENT = /%[0-9A-Fa-f]{2}/;
/** A package URL in which only the `@` of a scope and the `+` of a version are encoded: there are many, and it hides nothing. */
const PLAIN_PACKAGE = /^pkg:(?:[^%]|%40|%2[Bb])*$/;

/** The text without URL encoding; undefined when it has none. */
export function decodeUrl(text: string): string | undefined {
  if (!text.includes('%') || !PERCENT.test(text) || PLAIN_PACKAGE.test(text)) return undefined;
  return text
    .replaceAll('+', ' ')
    .replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (run) =>
      Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
    );
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** The text with the escapes of a string literal resolved; undefined when it has none. */
export function decodeEscapes(text: string): string | undefined {
  if (!text.includes('\\')) return undefined;
  return text.replaceAll(/\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(.))/gs, (_, four, two, one) => {
    const hex: unknown = four ?? two;
    if (typeof hex === 'string') return String.fromCharCode(Number.parseInt(hex, 16));
    return ESCAPES.get(String(one)) ?? String(one);
  });
}

/** The text without what was put between the characters of a secret: line ends in base64, NUL of UTF-16. */
export function joinLines(text: string): string | undefined {
  if (!text.includes('\n') && !text.includes('\0')) return undefined;
  const joined = text
    .replaceAll('\0', '')
    .replaceAll(/(?<=[A-Za-z0-9+/_-]{16})[ \t]{0,8}\r?\n[ \t]{0,16}(?=[A-Za-z0-9+/_=-]{4})/g, '');
  return joined === text ? undefined : joined;
}
