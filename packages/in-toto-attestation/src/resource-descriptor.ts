import { encodeBase64 } from './base64.ts';
import { type DigestSet, parseDigestSet } from './digest-set.ts';
import { MalformedError } from './errors.ts';
import {
  asObject,
  optional,
  optionalString,
  readBytes,
  unknownFields,
  withDefined,
  withExtensions,
  wrongType,
} from './fields.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** Any software artifact or resource (in-toto spec/v1/resource_descriptor.md). */
export interface ResourceDescriptor {
  readonly name?: string;
  readonly uri?: string;
  readonly digest?: DigestSet;
  /** The bytes themselves, base64 on the wire. */
  readonly content?: Uint8Array;
  readonly downloadLocation?: string;
  readonly mediaType?: string;
  readonly annotations?: JsonObject;
  /** Fields that the specification does not know. */
  readonly unknownFields?: JsonObject;
}

const KNOWN: ReadonlySet<string> = new Set([
  'name',
  'uri',
  'digest',
  'content',
  'downloadLocation',
  'mediaType',
  'annotations',
]);

/**
 * Reads a resource descriptor, which needs at least one of `uri`, `digest` and `content`.
 *
 * @throws {MalformedError} with the pointer to the field.
 */
export function readResourceDescriptor(value: JsonValue, pointer: string): ResourceDescriptor {
  const descriptor = readDescriptorFields(asObject(value, pointer), pointer);
  if (descriptor.uri === undefined && descriptor.digest === undefined && descriptor.content === undefined) {
    throw new MalformedError('ERR_MISSING', pointer, 'needs one of uri, digest and content');
  }
  return descriptor;
}

/**
 * The fields alone; the caller decides which of them it needs. A statement may hold tens of thousands of descriptors of
 * two or three fields each: this goes once over the fields that are there instead of asking for each that may be, and
 * an object that already is what it would be read as is handed out as it is.
 */
export function readDescriptorFields(object: JsonObject, pointer: string): ResourceDescriptor {
  return isDescriptor(object, pointer) ? object : buildDescriptor(object, pointer);
}

/** Checks every field; false means that the object needs a change: bytes decoded, nulls or unknown fields set apart. */
function isDescriptor(object: JsonObject, pointer: string): object is ResourceDescriptor & JsonObject {
  let asItIs = true;
  for (const key of Object.keys(object)) {
    const value = object[key] ?? undefined;
    if (value === undefined || !checkField(key, value, pointer)) asItIs = false;
  }
  return asItIs;
}

function checkField(key: string, value: JsonValue, parent: string): boolean {
  switch (key) {
    case 'name':
    case 'uri':
    case 'downloadLocation':
    case 'mediaType':
      if (typeof value !== 'string') throw wrongType(`${parent}/${key}`, 'string', value);
      return true;
    case 'digest':
      parseDigestSet(value, `${parent}/digest`);
      return true;
    case 'annotations':
      asObject(value, `${parent}/annotations`);
      return true;
    default:
      return false;
  }
}

function buildDescriptor(object: JsonObject, pointer: string): ResourceDescriptor {
  return withDefined<ResourceDescriptor>(
    {},
    {
      name: optionalString(object, 'name', pointer),
      uri: optionalString(object, 'uri', pointer),
      digest: optional(object, 'digest', pointer, parseDigestSet),
      content: optional(object, 'content', pointer, readBytes),
      downloadLocation: optionalString(object, 'downloadLocation', pointer),
      mediaType: optionalString(object, 'mediaType', pointer),
      annotations: optional(object, 'annotations', pointer, asObject),
      unknownFields: unknownFields(object, KNOWN),
    },
  );
}

/** A resource descriptor as JSON; `unknownFields` are written only inside predicates, where extensions are allowed. */
export function encodeResourceDescriptor(descriptor: ResourceDescriptor): JsonObject {
  return withExtensions(encodeDescriptorFields(descriptor), descriptor.unknownFields);
}

/** A resource descriptor as JSON, with the specified fields alone. */
export function encodeDescriptorFields(descriptor: ResourceDescriptor): JsonObject {
  return withDefined<Record<string, JsonValue>>(
    {},
    {
      name: descriptor.name,
      uri: descriptor.uri,
      digest: descriptor.digest,
      content: descriptor.content && encodeBase64(descriptor.content),
      downloadLocation: descriptor.downloadLocation,
      mediaType: descriptor.mediaType,
      annotations: descriptor.annotations,
    },
  );
}
