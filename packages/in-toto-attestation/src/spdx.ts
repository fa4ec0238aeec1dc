import { MalformedError } from './errors.ts';
import { asObject, asString, member, required, requiredList, requiredString } from './fields.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** predicateType of an SPDX document of any version. */
export const SPDX_DOCUMENT = 'https://spdx.dev/Document';
/** predicateType of an SPDX 3 document. */
export const SPDX_V3 = 'https://spdx.dev/Document/v3';

/** An SBOM in SPDX (in-toto spec/predicates/spdx.md). */
export interface SpdxDocument {
  /** Major version of SPDX. */
  readonly version: 2 | 3;
  /** The document, whole. */
  readonly document: JsonObject;
}

const SPDX_TYPE = /^https:\/\/spdx\.dev\/Document(?:\/v2\.[0-9]+|\/v3(?:\.[0-9]+)*)?$/;

/** Whether the predicateType is one of an SPDX document: without version, 2.x or 3. */
export function matchSpdxType(predicateType: string): boolean {
  return SPDX_TYPE.test(predicateType);
}

/**
 * Reads the predicate that an SPDX document is: SPDX 3 by its `@context` and `@graph`, SPDX 2 by its `spdxVersion` and
 * `SPDXID`. The rest is SPDX's own.
 *
 * @throws {MalformedError} with the pointer to what is missing.
 */
export function parseSpdxDocument(predicate: JsonObject, pointer: string = '/predicate'): SpdxDocument {
  if (member(predicate, '@context') !== undefined) {
    requiredList(predicate, '@graph', pointer, asObject);
    return { version: 3, document: predicate };
  }
  required(predicate, 'spdxVersion', pointer, readVersion2);
  requiredString(predicate, 'SPDXID', pointer);
  return { version: 2, document: predicate };
}

function readVersion2(value: JsonValue, pointer: string): string {
  const version = asString(value, pointer);
  if (!/^SPDX-2\.[0-9]+$/.test(version)) throw new MalformedError('ERR_VALUE', pointer, 'not SPDX-2.x');
  return version;
}

/**
 * An SPDX document as a predicate.
 *
 * @throws {MalformedError} for one that {@link parseSpdxDocument} would refuse.
 */
export function encodeSpdxDocument({ document }: SpdxDocument): JsonObject {
  parseSpdxDocument(document);
  return document;
}
