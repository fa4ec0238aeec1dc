import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from 'in-toto-attestation';

/** Why a policy proves nothing; caught by `judgeEgress`. */
export class ProvesNothing extends Error {}

/** The members of an object that are there. */
export function objectAt(value: JsonValue | undefined, place: string): JsonObject {
  if (value !== undefined && isJsonObject(value)) return value;
  throw new ProvesNothing(`${place}: expected an object`);
}

/** A list of objects; none where nothing is. */
export function objectsAt(value: JsonValue | undefined, place: string): JsonObject[] {
  if (value === undefined || value === null) return [];
  if (!isJsonArray(value)) throw new ProvesNothing(`${place}: expected a list`);
  return value.map((item, index) => objectAt(item, `${place}/${index}`));
}

/** A list of texts; none where nothing is. */
export function textsAt(value: JsonValue | undefined, place: string): string[] {
  if (value === undefined || value === null) return [];
  if (!isJsonArray(value)) throw new ProvesNothing(`${place}: expected a list`);
  return value.map((item, index) => textAt(item, `${place}/${index}`));
}

export function textAt(value: JsonValue | undefined, place: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new ProvesNothing(`${place}: expected text`);
}

/** A field that is not known may allow anything. */
export function refuseUnknown(object: JsonObject, known: readonly string[], place: string): void {
  const unknown = Object.keys(object).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ProvesNothing(`${place}/${unknown}: a field that is not understood`);
}
