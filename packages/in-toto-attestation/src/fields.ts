import { decodeBase64 } from './base64.ts';
import { MalformedError } from './errors.ts';
import { joinPointer } from './json-check.ts';
import { type JsonObject, type JsonValue, isJsonArray, isJsonObject } from './json.ts';

/*
 * Readers for one member of an untrusted object. Each takes the object, the member's name and the pointer to the
 * object; `null` is the same as absent (proto3 JSON, SLSA parsing rules). They look at own members only, so a name such
 * as `constructor` or `__proto__` is nothing special.
 */

/** What a parser does with one value of a list or object. */
export type Read<T> = (value: JsonValue, pointer: string) => T;

/** A value while its parser puts it together, before it is handed out readonly. */
export type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

/** The member, or `undefined` when it is absent or `null`. */
export function member(object: JsonObject, key: string): JsonValue | undefined {
  const value = object[key] ?? undefined;
  return value === undefined || Object.hasOwn(object, key) ? value : undefined;
}

/** The error for a required member that is absent. */
export function missing(pointer: string, key: string): MalformedError {
  return new MalformedError('ERR_MISSING', `${pointer}/${key}`, 'required, but absent');
}

/** The error for a value of the wrong JSON type. */
export function wrongType(pointer: string, expected: string, value: JsonValue): MalformedError {
  return new MalformedError('ERR_TYPE', pointer, `expected ${expected}, found ${typeName(value)}`);
}

function typeName(value: JsonValue): string {
  if (value === null) return 'null';
  return isJsonArray(value) ? 'array' : typeof value;
}

/** @throws {MalformedError} `ERR_TYPE` unless the value is an object. */
export function asObject(value: JsonValue, pointer: string): JsonObject {
  if (!isJsonObject(value)) throw wrongType(pointer, 'object', value);
  return value;
}

/** @throws {MalformedError} `ERR_TYPE` unless the value is a string. */
export function asString(value: JsonValue, pointer: string): string {
  if (typeof value !== 'string') throw wrongType(pointer, 'string', value);
  return value;
}

/** @throws {MalformedError} `ERR_TYPE` unless the value is an array; `ERR_LIMIT` when it is longer than `limit`. */
export function asArray(value: JsonValue, pointer: string, limit: number = Infinity): readonly JsonValue[] {
  if (!isJsonArray(value)) throw wrongType(pointer, 'array', value);
  if (value.length > limit) {
    throw new MalformedError('ERR_LIMIT', pointer, `${value.length} entries, more than ${limit}`);
  }
  return value;
}

/** The member through `read`, or `undefined`. */
export function optional<T>(object: JsonObject, key: string, pointer: string, read: Read<T>): T | undefined {
  const value = member(object, key);
  return value === undefined ? undefined : read(value, `${pointer}/${key}`);
}

/** The member through `read`; `ERR_MISSING` without one. */
export function required<T>(object: JsonObject, key: string, pointer: string, read: Read<T>): T {
  const value = member(object, key);
  if (value === undefined) throw missing(pointer, key);
  return read(value, `${pointer}/${key}`);
}

/** A member that is a string. */
export function optionalString(object: JsonObject, key: string, pointer: string): string | undefined {
  const value = member(object, key);
  if (value === undefined || typeof value === 'string') return value;
  throw wrongType(`${pointer}/${key}`, 'string', value);
}

/** A member that is a string; it may be empty. */
export function requiredString(object: JsonObject, key: string, pointer: string): string {
  const value = optionalString(object, key, pointer);
  if (value === undefined) throw missing(pointer, key);
  return value;
}

/** A member that is an object. */
export function requiredObject(object: JsonObject, key: string, pointer: string): JsonObject {
  return required(object, key, pointer, asObject);
}

/** A member that is an array of at most `limit` entries, each through `read`. */
export function requiredList<T>(
  object: JsonObject,
  key: string,
  pointer: string,
  read: Read<T>,
  limit?: number,
): readonly T[] {
  const list = optionalList(object, key, pointer, read, limit);
  if (list === undefined) throw missing(pointer, key);
  return list;
}

/** A member that is an array of at most `limit` entries, each through `read`. */
export function optionalList<T>(
  object: JsonObject,
  key: string,
  pointer: string,
  read: Read<T>,
  limit?: number,
): readonly T[] | undefined {
  const value = member(object, key);
  return value === undefined ? undefined : readList(value, `${pointer}/${key}`, read, limit);
}

/**
 * An array of at most `limit` entries, each through `read`: the array itself when that changes none of them. A statement
 * may hold tens of thousands of entries, so none gets a pointer of its own until there is an error to report.
 */
export function readList<T>(value: JsonValue, pointer: string, read: Read<T>, limit?: number): readonly T[] {
  const items = asArray(value, pointer, limit);
  const list: T[] = [];
  try {
    for (const item of items) list.push(read(item, ''));
  } catch (error) {
    throw error instanceof MalformedError ? moved(error, `${pointer}/${list.length}`) : error;
  }
  return holdsSame(items, list) ? items : list;
}

function holdsSame<T>(items: readonly unknown[], list: readonly T[]): items is readonly T[] {
  for (let index = 0; index < items.length; index += 1) if (items[index] !== list[index]) return false;
  return true;
}

/** The error of a part, as one of the whole that has the part at `pointer`. */
function moved(error: MalformedError, pointer: string): MalformedError {
  const reason = error.pointer === '' ? error.message : error.message.slice(`${error.pointer}: `.length);
  return new MalformedError(error.code, pointer + error.pointer, reason, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error.cause,
  });
}

/** An object whose members are all strings. */
export function readStringMap(value: JsonValue, pointer: string): Readonly<Record<string, string>> {
  const object = asObject(value, pointer);
  if (!isStringMap(object, pointer)) throw wrongType(pointer, 'object of strings', value);
  return object;
}

function isStringMap(object: JsonObject, pointer: string): object is Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(object))
    if (typeof value !== 'string') throw wrongType(joinPointer(pointer, key), 'string', value);
  return true;
}

/** Base64 text, as its bytes. */
export function readBytes(value: JsonValue, pointer: string): Uint8Array {
  return decodeBase64(asString(value, pointer), pointer);
}

/** A list of strings. */
export function readStrings(value: JsonValue, pointer: string): readonly string[] {
  return readList(value, pointer, asString);
}

const URI_CHARACTERS = /^[!-~]+$/;
const SCHEME = /^[a-z][a-z0-9+.-]*:./;

/**
 * A TypeURI (in-toto spec/v1/field_types.md), compared as an opaque string. On reading, the characters of a URI do:
 * writers of old leave out the scheme, and nothing is decided by its shape.
 */
export function readTypeUri(value: JsonValue, pointer: string): string {
  const uri = asString(value, pointer);
  if (!URI_CHARACTERS.test(uri)) throw new MalformedError('ERR_VALUE', pointer, 'not a URI');
  return uri;
}

/** What is written is a whole TypeURI, with a scheme in lower case. */
export function requireTypeUri(uri: string, pointer: string): void {
  if (!SCHEME.test(uri))
    throw new MalformedError('ERR_VALUE', pointer, 'not a URI with a scheme in lower case');
}

/** The members that a specification knows, by name, and how each is read. */
export type Members = ReadonlyMap<string, Read<unknown>>;

/**
 * Reads every member. Whether the object already is what it would be read as, which nearly all are: then it is handed out
 * as it is, instead of a copy. False for a required member that is absent, and for one that is unknown, `null` or changed
 * by reading, such as base64.
 */
export function isAsRead(
  object: JsonObject,
  pointer: string,
  members: Members,
  required: readonly string[],
): boolean {
  let asItIs = true;
  for (const key of required) asItIs &&= Object.hasOwn(object, key);
  for (const key of Object.keys(object)) {
    const value = object[key] ?? null;
    const read = members.get(key);
    if (read === undefined || value === null || read(value, `${pointer}/${key}`) !== value) asItIs = false;
  }
  return asItIs;
}

/** The members whose names are not in `known`, kept apart; `undefined` when there are none. */
export function unknownFields(
  object: JsonObject,
  known: { has(key: string): boolean },
): JsonObject | undefined {
  let unknown: [string, JsonValue][] | undefined;
  for (const key in object) {
    if (known.has(key) || !Object.hasOwn(object, key)) continue;
    const value = object[key];
    if (value !== undefined) (unknown ??= []).push([key, value]);
  }
  return unknown === undefined ? undefined : Object.fromEntries(unknown);
}

/** The target with those of the optional members that are there; an absent one is left out, not `undefined`. */
export function withDefined<T extends object>(
  target: T,
  members: { readonly [Key in keyof T]?: T[Key] | undefined },
): T {
  for (const key in members) {
    const value = members[key];
    if (value !== undefined) target[key] = value;
  }
  return target;
}

/**
 * Fields as they are written, with those that the specification does not know behind them: an extension never takes
 * the place of a field. A name such as `__proto__` stays an ordinary member, because nothing is assigned.
 */
export function withExtensions(fields: JsonObject, extensions: JsonObject | undefined): JsonObject {
  return extensions === undefined ? fields : { ...extensions, ...fields };
}
