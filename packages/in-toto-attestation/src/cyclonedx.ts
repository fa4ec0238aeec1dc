import { MalformedError } from './errors.ts';
import { asString, required } from './fields.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** predicateType of a CycloneDX bill of materials of any version. */
export const CYCLONEDX_BOM = 'https://cyclonedx.org/bom';

/** A bill of materials in CycloneDX (in-toto spec/predicates/cyclonedx.md). */
export interface CycloneDxBom {
  /** Version of CycloneDX, such as `1.6`. */
  readonly specVersion: string;
  /** The document, whole. */
  readonly document: JsonObject;
}

const BOM_TYPE = /^https:\/\/cyclonedx\.org\/bom(?:\/v[0-9]+\.[0-9]+)?$/;

/** Whether the predicateType is one of a CycloneDX document, with or without version. */
export function matchCycloneDxType(predicateType: string): boolean {
  return BOM_TYPE.test(predicateType);
}

/**
 * Reads the predicate that a CycloneDX document is, by its `bomFormat` and `specVersion`. The rest is CycloneDX's own.
 *
 * @throws {MalformedError} with the pointer to what is missing.
 */
export function parseCycloneDxBom(predicate: JsonObject, pointer: string = '/predicate'): CycloneDxBom {
  required(predicate, 'bomFormat', pointer, readBomFormat);
  return { specVersion: required(predicate, 'specVersion', pointer, readSpecVersion), document: predicate };
}

function readBomFormat(value: JsonValue, pointer: string): string {
  if (value === 'CycloneDX') return value;
  throw new MalformedError('ERR_VALUE', pointer, 'not CycloneDX');
}

function readSpecVersion(value: JsonValue, pointer: string): string {
  const version = asString(value, pointer);
  if (!/^[0-9]+\.[0-9]+$/.test(version))
    throw new MalformedError('ERR_VALUE', pointer, 'not a version of CycloneDX');
  return version;
}

/**
 * A CycloneDX document as a predicate.
 *
 * @throws {MalformedError} for one that {@link parseCycloneDxBom} would refuse.
 */
export function encodeCycloneDxBom({ document }: CycloneDxBom): JsonObject {
  parseCycloneDxBom(document);
  return document;
}
