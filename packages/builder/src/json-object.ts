import { isJsonArray, isJsonObject, withDefined, type JsonObject, type JsonValue } from 'in-toto-attestation';

/** An object without the members that are undefined; the order of the others is kept. */
export function withoutUndefined(members: { readonly [key: string]: JsonValue | undefined }): JsonObject {
  return withDefined<Record<string, JsonValue>>({}, members);
}

/** The same value with the members of every object in one order, so that equal facts give equal bytes. */
export function sortMembers(value: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
export function sortMembers(value: JsonObject): JsonObject;
export function sortMembers(value: JsonValue): JsonValue;
export function sortMembers(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map((item) => sortMembers(item));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, sortMembers(member)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => compareText(a, b)));
}

/** Order by UTF-16 code unit: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
