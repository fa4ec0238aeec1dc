import { checkJson, isLossyInteger, joinPointer } from './json-check.ts';
import { scanJson } from './json-scan.ts';
import { MalformedError } from './errors.ts';
import { LIMITS } from './limits.ts';

/** A value as JSON can express it. Objects are untrusted: ask `Object.hasOwn` before reading a member. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object; a member named `__proto__` is an ordinary own property and changes nothing else. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** What a single call of {@link parseJson} may override. */
export interface JsonLimits {
  /** Bytes of the document; {@link LIMITS}.envelopeBytes when left out. */
  readonly maxBytes?: number;
  /** Objects and arrays inside each other; {@link LIMITS}.depth when left out. */
  readonly depth?: number;
}

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/**
 * Reads one JSON document (RFC 8259) under the rules of I-JSON (RFC 7493), so that two readers cannot understand it
 * differently.
 *
 * @throws {MalformedError} `ERR_LIMIT` when it is too long, `ERR_JSON_BOM`, `ERR_JSON_UTF8`, `ERR_JSON_SYNTAX` (which
 * includes anything after the value), `ERR_JSON_DUPLICATE_KEY`, `ERR_JSON_SURROGATE`, `ERR_JSON_NUMBER` (an integer
 * beyond 2^53 - 1, or a number that is not finite), `ERR_JSON_DEPTH`; with the pointer to the place.
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits = {}): JsonValue {
  const maxBytes = limits.maxBytes ?? LIMITS.envelopeBytes;
  const depth = limits.depth ?? LIMITS.depth;
  if (bytes.length > maxBytes) {
    throw new MalformedError('ERR_LIMIT', '', `${bytes.length} bytes, more than ${maxBytes}`);
  }
  const text = decodeText(bytes);
  return parseQuickly(text, depth) ?? parseCarefully(text, depth);
}

/**
 * The quick way: it only ever says yes. `undefined` means doubt, and the careful reader gives the verdict.
 * A document that native JSON.parse takes and whose objects hold together as many keys as the text has colons outside
 * of strings cannot have held a key twice.
 */
export function parseQuickly(text: string, depth: number): JsonValue | undefined {
  const colons = scanJson(text, depth);
  if (colons === undefined) return undefined;
  let value: JsonValue;
  try {
    value = parseNative(text);
  } catch {
    return undefined;
  }
  return value !== null && countKeys(value) === colons ? value : undefined;
}

/** The careful way: the verdict and its pointer by {@link checkJson}, the value by native JSON.parse. */
export function parseCarefully(text: string, depth: number): JsonValue {
  checkJson(text, depth);
  return parseNative(text);
}

/** Text of the bytes, which must be UTF-8 without a byte order mark. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new MalformedError('ERR_JSON_BOM', '', 'starts with a byte order mark');
  }
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new MalformedError('ERR_JSON_UTF8', '', 'not valid UTF-8', { cause });
  }
}

function parseNative(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text);
  return value;
}

function countKeys(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (isJsonArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countKeys(item);
    return count;
  }
  for (const key in value) {
    count += 1;
    const member = value[key];
    if (typeof member === 'object') count += countKeys(member);
  }
  return count;
}

/** Whether the value is an array. */
export function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Whether the value is an object, which `null` and arrays are not. */
export function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Writes a value as compact JSON in UTF-8, and nothing that {@link parseJson} would refuse.
 *
 * @throws {TypeError} for a value that JSON cannot hold without loss: a number that is not finite or an integer beyond
 * 2^53 - 1, half of a surrogate pair, `undefined` in an array.
 */
export function encodeJson(value: JsonValue): Uint8Array {
  assertEncodable(value, '');
  return encoder.encode(JSON.stringify(value));
}

function assertEncodable(value: JsonValue | undefined, pointer: string): void {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError(`${pointer}: half of a surrogate pair`);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value) || isLossyInteger(value))
      throw new TypeError(`${pointer}: ${value} is not exact`);
  } else if (typeof value === 'object') {
    assertMembersEncodable(value, pointer);
  } else {
    throw new TypeError(`${pointer}: ${typeof value} is not JSON`);
  }
}

function assertMembersEncodable(value: JsonObject | readonly JsonValue[], pointer: string): void {
  if (isJsonArray(value)) {
    value.forEach((item, index) => assertEncodable(item, `${pointer}/${index}`));
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    const at = joinPointer(pointer, key);
    assertEncodable(key, at);
    assertEncodable(member, at);
  }
}
