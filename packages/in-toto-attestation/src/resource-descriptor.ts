import { encodeBase64 } from './base64.ts';
import { type DigestSet, parseDigestSet } from './digest-set.ts';
import { MalformedError } from './errors.ts';
import {
  type Draft,
  asObject,
  member,
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
 * two or three fields each, so this goes once over the fields that are there instead of asking for each that may be.
 */
export function readDescriptorFields(object: JsonObject, pointer: string): ResourceDescriptor {
  const draft: Draft<ResourceDescriptor> = {};
  let hasUnknown = false;
  for (const key in object) {
    const value = member(object, key);
    if (value !== undefined && !readField(draft, key, value, pointer)) hasUnknown = true;
  }
  const unknown = hasUnknown ? unknownFields(object, KNOWN) : undefined;
  if (unknown !== undefined) draft.unknownFields = unknown;
  return draft;
}

function readField(draft: Draft<ResourceDescriptor>, key: string, value: JsonValue, parent: string): boolean {
  switch (key) {
    case 'name':
    case 'uri':
    case 'downloadLocation':
    case 'mediaType':
      if (typeof value !== 'string') throw wrongType(`${parent}/${key}`, 'string', value);
      draft[key] = value;
      return true;
    case 'digest':
      draft.digest = parseDigestSet(value, `${parent}/digest`);
      return true;
    case 'content':
      draft.content = readBytes(value, `${parent}/content`);
      return true;
    case 'annotations':
      draft.annotations = asObject(value, `${parent}/annotations`);
      return true;
    default:
      return false;
  }
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
