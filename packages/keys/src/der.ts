/** The part of DER (X.690) that keys are written in: definite, minimal lengths and one-byte tags. */
import { KeyError } from './errors.ts';
import { concatBytes } from './secret.ts';

export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
} as const;

/** One element. `content` is a view into the bytes that were parsed: wiping those wipes it. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** Reads bytes that are exactly one element. Throws `KeyError` ERR_KEY_FORMAT. */
export function parseDer(bytes: Uint8Array): DerElement {
  const [element, ...rest] = parseDerList(bytes);
  if (element === undefined || rest.length > 0) throw malformed('bytes follow the first element');
  return element;
}

/** Reads bytes that are elements one after another. Throws `KeyError` ERR_KEY_FORMAT. */
export function parseDerList(bytes: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const { length, start } = contentAt(bytes, offset);
    if (start + length > bytes.length) throw malformed('an element is cut short');
    elements.push({ tag: bytes[offset] ?? 0, content: bytes.subarray(start, start + length) });
    offset = start + length;
  }
  return elements;
}

function contentAt(bytes: Uint8Array, offset: number): { length: number; start: number } {
  if (((bytes[offset] ?? 0) & 0x1f) === 0x1f) throw malformed('a tag of more than one byte');
  const first = bytes[offset + 1];
  if (first === undefined) throw malformed('an element is cut short');
  if (first < 0x80) return { length: first, start: offset + 2 };
  const size = first & 0x7f;
  if (size < 1 || size > 3) throw malformed('a length that is indefinite or too long');
  let length = 0;
  for (let i = 0; i < size; i++) length = length * 256 + (bytes[offset + 2 + i] ?? 0);
  if (length < 0x80 || length < 256 ** (size - 1)) throw malformed('a length that is not minimal');
  return { length, start: offset + 2 + size };
}

/** Elements inside a SEQUENCE. */
export function sequenceOf(element: DerElement | undefined): DerElement[] {
  return parseDerList(contentOf(element, TAG.sequence));
}

/** Content of an element that must have this tag. */
export function contentOf(element: DerElement | undefined, tag: number): Uint8Array {
  if (element?.tag !== tag) throw malformed('an element is missing or of another type than expected');
  return element.content;
}

/** A non-negative INTEGER that fits a JavaScript number. */
export function integerOf(element: DerElement | undefined): number {
  const content = contentOf(element, TAG.integer);
  const [first = 0x80, second = 0] = content;
  const redundantZero = content.length > 1 && first === 0 && second < 0x80;
  if (first >= 0x80 || redundantZero || content.length > 6) throw malformed('an integer out of range');
  return content.reduce((value, byte) => value * 256 + byte, 0);
}

/** An OBJECT IDENTIFIER in dotted notation. */
export function oidOf(element: DerElement | undefined): string {
  const content = contentOf(element, TAG.oid);
  if ((content.at(-1) ?? 0x80) >= 0x80) throw malformed('an object identifier is cut short');
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    if ((arc === 0 && byte === 0x80) || arc > 2 ** 40) throw malformed('an object identifier is not minimal');
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...others] = arcs;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - 40 * root, ...others].join('.');
}

/** Writes one element. */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((total, content) => total + content.length, 0);
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.from([tag, ...(length < 0x80 ? [length] : long)]), ...contents);
}

/** Writes a non-negative INTEGER. */
export function encodeInteger(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  if ((bytes[0] ?? 0x80) >= 0x80) bytes.unshift(0);
  return encodeDer(TAG.integer, Uint8Array.from(bytes));
}

/** Writes an OBJECT IDENTIFIER given in dotted notation. */
export function encodeOid(dotted: string): Uint8Array {
  const [root = 0, second = 0, ...others] = dotted.split('.').map(Number);
  const bytes = [root * 40 + second, ...others].flatMap((arc) => {
    const digits = [arc % 128];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
      digits.unshift(0x80 | (rest % 128));
    }
    return digits;
  });
  return encodeDer(TAG.oid, Uint8Array.from(bytes));
}

function malformed(what: string): KeyError {
  return new KeyError('ERR_KEY_FORMAT', `the key is not valid DER: ${what}`);
}
