import { MalformedError } from './errors.ts';
import { asString, optionalString, required, unknownFields, withDefined, withExtensions } from './fields.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** predicateType of a release. */
export const RELEASE_V02 = 'https://in-toto.io/attestation/release/v0.2';
/** predicateType of a release before, with `releaseId` for `packageId`; read and never written. */
export const RELEASE_V01 = 'https://in-toto.io/attestation/release/v0.1';

/** That the subjects are one release of a package (in-toto spec/predicates/release.md). */
export interface Release {
  /** A package URL with a version. */
  readonly purl: string;
  /** The same over all releases of the package. */
  readonly packageId?: string;
  /** Fields that the specification does not know; ignored. */
  readonly unknownFields?: JsonObject;
}

const KNOWN: ReadonlySet<string> = new Set(['purl', 'packageId']);
const KNOWN_V01: ReadonlySet<string> = new Set(['purl', 'packageId', 'releaseId']);
/** A type, a name and a version; qualifiers and subpath come behind. */
export const PURL_WITH_VERSION: RegExp =
  /^pkg:[A-Za-z][A-Za-z0-9.+-]*\/(?:[^?#/]+\/)*[^?#/@]+@[^?#/@]+(?:[?#]|$)/;

/**
 * Reads the predicate of a release of either version.
 *
 * @throws {MalformedError} `ERR_VALUE` for a purl without version.
 */
export function parseRelease(
  predicateType: string,
  predicate: JsonObject,
  pointer: string = '/predicate',
): Release {
  const isOld = predicateType === RELEASE_V01;
  if (!isOld && predicateType !== RELEASE_V02) {
    throw new MalformedError('ERR_VALUE', '/predicateType', 'not a release v0.1 or v0.2');
  }
  const packageId = optionalString(predicate, 'packageId', pointer);
  return withDefined<Release>(
    { purl: required(predicate, 'purl', pointer, readPurl) },
    {
      packageId: isOld ? (packageId ?? optionalString(predicate, 'releaseId', pointer)) : packageId,
      unknownFields: unknownFields(predicate, isOld ? KNOWN_V01 : KNOWN),
    },
  );
}

function readPurl(value: JsonValue, pointer: string): string {
  const purl = asString(value, pointer);
  if (!PURL_WITH_VERSION.test(purl))
    throw new MalformedError('ERR_VALUE', pointer, 'not a package URL with a version');
  return purl;
}

/**
 * A release as a v0.2 predicate.
 *
 * @throws {MalformedError} for one that {@link parseRelease} would refuse.
 */
export function encodeRelease({ purl, packageId, unknownFields }: Release): JsonObject {
  const fields = withDefined<Record<string, JsonValue>>({ purl }, { packageId });
  const predicate = withExtensions(fields, unknownFields);
  parseRelease(RELEASE_V02, predicate);
  return predicate;
}
