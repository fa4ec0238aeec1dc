import { MalformedError } from './errors.ts';
import {
  asObject,
  missing,
  optional,
  optionalList,
  readStrings,
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

/** predicateType of an in-toto link. */
export const LINK_V03 = 'https://in-toto.io/attestation/link/v0.3';

/** One step of a supply chain (in-toto spec/predicates/link.md); its products are the subjects. */
export interface Link {
  readonly name: string;
  readonly command?: readonly string[];
  /** Each has a digest and a name of its own. */
  readonly materials?: readonly ResourceDescriptor[];
  readonly byproducts?: JsonObject;
  readonly environment?: JsonObject;
  /** Fields that the specification does not know; ignored. */
  readonly unknownFields?: JsonObject;
}

const KNOWN: ReadonlySet<string> = new Set(['name', 'command', 'materials', 'byproducts', 'environment']);

/**
 * Reads the predicate of a link.
 *
 * @throws {MalformedError} for a material without digest or name (`ERR_MISSING`), for two of one name
 * (`ERR_DUPLICATE`).
 */
export function parseLink(predicate: JsonObject, pointer: string = '/predicate'): Link {
  const materials = optionalList(predicate, 'materials', pointer, readMaterial);
  if (materials !== undefined) requireUniqueNames(materials, `${pointer}/materials`);
  return withDefined<Link>(
    { name: requiredString(predicate, 'name', pointer) },
    {
      command: optional(predicate, 'command', pointer, readStrings),
      materials,
      byproducts: optional(predicate, 'byproducts', pointer, asObject),
      environment: optional(predicate, 'environment', pointer, asObject),
      unknownFields: unknownFields(predicate, KNOWN),
    },
  );
}

function readMaterial(value: JsonValue, pointer: string): ResourceDescriptor {
  const material = readResourceDescriptor(value, pointer);
  if (material.digest === undefined) throw missing(pointer, 'digest');
  if (material.name === undefined) throw missing(pointer, 'name');
  return material;
}

/**
 * A link's materials, and its statement's subjects, have names of their own.
 *
 * @throws {MalformedError} `ERR_DUPLICATE` at the second of one name.
 */
export function requireUniqueNames(descriptors: readonly ResourceDescriptor[], pointer: string): void {
  const seen = new Set<string>();
  descriptors.forEach(({ name }, index) => {
    if (name === undefined) return;
    if (seen.has(name))
      throw new MalformedError('ERR_DUPLICATE', `${pointer}/${index}/name`, 'the name stands twice');
    seen.add(name);
  });
}

/**
 * A link as a predicate.
 *
 * @throws {MalformedError} for one that {@link parseLink} would refuse.
 */
export function encodeLink(link: Link): JsonObject {
  const { name, command, materials, byproducts, environment } = link;
  const fields = withDefined<Record<string, JsonValue>>(
    { name },
    { command, materials: materials?.map(encodeResourceDescriptor), byproducts, environment },
  );
  const predicate = withExtensions(fields, link.unknownFields);
  parseLink(predicate);
  return predicate;
}
