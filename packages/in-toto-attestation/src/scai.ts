import { MalformedError } from './errors.ts';
import {
  asObject,
  optional,
  requiredList,
  requiredString,
  unknownFields,
  withDefined,
  withExtensions,
} from './fields.ts';
import type { JsonObject, JsonValue } from './json.ts';
import {
  type ResourceDescriptor,
  encodeResourceDescriptor,
  readResourceDescriptor,
} from './resource-descriptor.ts';

/** predicateType of an SCAI attribute report. */
export const SCAI_V03 = 'https://in-toto.io/attestation/scai/v0.3';
/** The name that the same predicate had before. */
export const SCAI_V02 = 'https://in-toto.io/attestation/scai/attribute-report/v0.2';

/** Properties of an artifact and of what produced it (in-toto spec/predicates/scai.md). */
export interface AttributeReport {
  /** At least one. */
  readonly attributes: readonly Attribute[];
  readonly producer?: ResourceDescriptor;
  /** Fields that the specification does not know; ignored. */
  readonly unknownFields?: JsonObject;
}

/** One property, and what speaks for it. */
export interface Attribute {
  readonly attribute: string;
  readonly target?: ResourceDescriptor;
  readonly conditions?: JsonObject;
  readonly evidence?: ResourceDescriptor;
  readonly unknownFields?: JsonObject;
}

const KNOWN: ReadonlySet<string> = new Set(['attributes', 'producer']);
const KNOWN_OF_ATTRIBUTE: ReadonlySet<string> = new Set(['attribute', 'target', 'conditions', 'evidence']);

/**
 * Reads the predicate of an SCAI attribute report.
 *
 * @throws {MalformedError} with the pointer to the field; `ERR_VALUE` for no attribute.
 */
export function parseAttributeReport(predicate: JsonObject, pointer: string = '/predicate'): AttributeReport {
  const attributes = requiredList(predicate, 'attributes', pointer, readAttribute);
  if (attributes.length === 0)
    throw new MalformedError('ERR_VALUE', `${pointer}/attributes`, 'holds no attribute');
  return withDefined<AttributeReport>(
    { attributes },
    {
      producer: optional(predicate, 'producer', pointer, readResourceDescriptor),
      unknownFields: unknownFields(predicate, KNOWN),
    },
  );
}

function readAttribute(value: JsonValue, pointer: string): Attribute {
  const object = asObject(value, pointer);
  return withDefined<Attribute>(
    { attribute: requiredString(object, 'attribute', pointer) },
    {
      target: optional(object, 'target', pointer, readResourceDescriptor),
      conditions: optional(object, 'conditions', pointer, asObject),
      evidence: optional(object, 'evidence', pointer, readResourceDescriptor),
      unknownFields: unknownFields(object, KNOWN_OF_ATTRIBUTE),
    },
  );
}

/**
 * An attribute report as a predicate.
 *
 * @throws {MalformedError} for one that {@link parseAttributeReport} would refuse.
 */
export function encodeAttributeReport(report: AttributeReport): JsonObject {
  const fields = withDefined<Record<string, JsonValue>>(
    { attributes: report.attributes.map(encodeAttribute) },
    { producer: report.producer && encodeResourceDescriptor(report.producer) },
  );
  const predicate = withExtensions(fields, report.unknownFields);
  parseAttributeReport(predicate);
  return predicate;
}

function encodeAttribute({ attribute, target, conditions, evidence, unknownFields }: Attribute): JsonObject {
  const fields = withDefined<Record<string, JsonValue>>(
    { attribute },
    {
      target: target && encodeResourceDescriptor(target),
      conditions,
      evidence: evidence && encodeResourceDescriptor(evidence),
    },
  );
  return withExtensions(fields, unknownFields);
}
