import { MalformedError } from './errors.ts';
import { asObject, asString } from './fields.ts';
import { matchHex } from './hex.ts';
import { joinPointer } from './json-check.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { LIMITS } from './limits.ts';

/**
 * Digests of one thing by algorithm (in-toto spec/v1/digest_set.md). Names are untrusted: read one with
 * {@link digestOf}.
 */
export type DigestSet = Readonly<Record<string, string>>;

/** Algorithms whose values are lower-case hex, with the lengths in hex digits that each may have; none: any length. */
export const HASH_ALGORITHMS: ReadonlyMap<string, readonly number[]> = new Map([
  ['sha256', [64]],
  ['sha512', [128]],
  ['sha384', [96]],
  ['sha224', [56]],
  ['sha512_224', [56]],
  ['sha512_256', [64]],
  ['sha3_224', [56]],
  ['sha3_256', [64]],
  ['sha3_384', [96]],
  ['sha3_512', [128]],
  ['shake128', []],
  ['shake256', []],
  ['blake2b', []],
  ['blake2s', []],
  ['ripemd160', [40]],
  ['sm3', [64]],
  ['gost', [64]],
  ['sha1', [40]],
  ['md5', [32]],
  ['gitCommit', [40, 64]],
  ['gitTree', [40, 64]],
  ['gitBlob', [40, 64]],
  ['gitTag', [40, 64]],
  ['dirHash', [64]],
  ['dirHash1', [64]],
]);

/** Algorithms that two digest sets may be matched by. Everything else is carried, and never decides. */
export const ACCEPTED: readonly string[] = ['sha256', 'sha384', 'sha512'];

/** The digest by this algorithm, if the set has one; safe for any algorithm name. */
export function digestOf(digests: DigestSet, algorithm: string): string | undefined {
  return Object.hasOwn(digests, algorithm) ? digests[algorithm] : undefined;
}

/**
 * Reads a digest set: values of {@link HASH_ALGORITHMS} are lower-case hex of the right length, values of other
 * algorithms are carried as they are.
 *
 * @throws {MalformedError} `ERR_TYPE`, `ERR_HEX`, `ERR_VALUE` for an empty set or an empty value, `ERR_LIMIT`.
 */
export function parseDigestSet(value: JsonValue, pointer: string): DigestSet {
  const object = asObject(value, pointer);
  if (!isDigestSet(object, pointer)) throw new MalformedError('ERR_VALUE', pointer, 'holds no digest');
  return object;
}

function isDigestSet(object: JsonObject, pointer: string): object is DigestSet {
  const algorithms = Object.keys(object);
  for (const algorithm of algorithms) checkDigest(algorithm, object[algorithm] ?? null, pointer);
  if (algorithms.length > LIMITS.digests) {
    throw new MalformedError(
      'ERR_LIMIT',
      pointer,
      `${algorithms.length} digests, more than ${LIMITS.digests}`,
    );
  }
  return algorithms.length > 0;
}

function checkDigest(algorithm: string, value: JsonValue, pointer: string): void {
  const lengths = HASH_ALGORITHMS.get(algorithm);
  if (typeof value === 'string' && value !== '' && (lengths === undefined || matchDigest(value, lengths)))
    return;
  const at = joinPointer(pointer, algorithm);
  if (asString(value, at) === '' && lengths === undefined) {
    throw new MalformedError('ERR_VALUE', at, 'an empty digest');
  }
  const expected = lengths?.length ? `${lengths.join(' or ')} digits of ` : '';
  throw new MalformedError('ERR_HEX', at, `expected ${expected}lower-case hex`);
}

function matchDigest(value: string, lengths: readonly number[]): boolean {
  return (lengths.length === 0 || lengths.includes(value.length)) && matchHex(value);
}

/**
 * Whether two digest sets are of the same bytes: at least one of {@link ACCEPTED} is in both, and every one
 * that is in both agrees. Stricter than the specification's "any", which lets a right sha256 hide a wrong sha512.
 */
export function matchDigestSets(left: DigestSet, right: DigestSet): boolean {
  let agreed = false;
  for (const algorithm of ACCEPTED) {
    const one = digestOf(left, algorithm);
    const other = digestOf(right, algorithm);
    if (one === undefined || other === undefined) continue;
    if (one !== other || !isWhole(one, algorithm)) return false;
    agreed = true;
  }
  return agreed;
}

/** Two sets that were built, not parsed, could agree on nonsense such as an empty string. */
function isWhole(digest: string, algorithm: string): boolean {
  return matchDigest(digest, HASH_ALGORITHMS.get(algorithm) ?? []);
}
