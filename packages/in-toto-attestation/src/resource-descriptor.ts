import { encodeBase64 } from './base64.ts';
import { type DigestSet, parseDigestSet } from './digest-set.ts';
import { MalformedError } from './errors.ts';
import { asObject, optional, optionalString, readBytes, unknownFields, withDefined } from './fields.ts';
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

/** The fields alone; the caller decides which of them it needs. */
export function readDescriptorFields(object: JsonObject, pointer: string): ResourceDescriptor {
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
  return { ...encodeDescriptorFields(descriptor), ...descriptor.unknownFields };
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
