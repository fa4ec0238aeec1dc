import {
  HASH_ALGORITHMS,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from 'in-toto-attestation';

/** Members that hold a TypeURI (in-toto spec/v1/field_types.md). */
const TYPE_URIS: ReadonlySet<string> = new Set(['predicateType', 'buildType', 'id']);

/**
 * The document with the specifications' placeholders filled in, so that its shape can be judged by strict parsers:
 * a digest that is cut off (`78ab6a8...`) becomes one of its algorithm's length, a TypeURI that is a bare word
 * (`thePredicate`) becomes a URI of that word. Nothing else changes; an empty value stays empty.
 */
export function fillPlaceholders(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(fillPlaceholders);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fillMember(key, member)]));
}

function fillMember(key: string, member: JsonValue): JsonValue {
  if (key === 'digest' && isJsonObject(member)) return fillDigests(member);
  if (TYPE_URIS.has(key) && typeof member === 'string' && /^\w+$/.test(member))
    return `urn:placeholder:${member}`;
  return fillPlaceholders(member);
}

function fillDigests(digests: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(digests).map(([algorithm, digest]) => [algorithm, fillDigest(algorithm, digest)]),
  );
}

function fillDigest(algorithm: string, digest: JsonValue): JsonValue {
  const [length] = HASH_ALGORITHMS.get(algorithm) ?? [];
  const cutOff = typeof digest === 'string' && digest.endsWith('...');
  return cutOff && length !== undefined ? '0'.repeat(length) : digest;
}
