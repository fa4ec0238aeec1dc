import type { DigestSet } from './digest-set.ts';
import { parseDigestSet } from './digest-set.ts';
import { MalformedError } from './errors.ts';
import {
  asObject,
  member,
  optional,
  optionalList,
  optionalString,
  readTypeUri,
  required,
  withDefined,
} from './fields.ts';
import { joinPointer } from './json-check.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { BuildMetadata, Provenance } from './provenance.ts';
import type { ResourceDescriptor } from './resource-descriptor.ts';
import { readTimestamp } from './timestamp.ts';

/** The parts of SLSA provenance v0.2 that v1 has a place for. */
interface Invocation {
  readonly source: Material;
  readonly entryPoint?: string;
  readonly parameters?: JsonObject;
  readonly environment?: JsonObject;
}

interface Material {
  readonly uri?: string;
  readonly digest?: DigestSet;
}

/**
 * SLSA provenance v0.2 in the shape of v1, by "Migrating from 0.2" of SLSA's build-provenance.md: the configuration's
 * URI and entry point become external parameters, the configuration itself a dependency.
 *
 * @throws {MalformedError} also (`ERR_DUPLICATE`) when a parameter has the name that the URI or entry point gets.
 */
export function convertProvenanceV02(predicate: JsonObject, pointer: string): Provenance {
  const builder = required(predicate, 'builder', pointer, asObject);
  const invocation = optional(predicate, 'invocation', pointer, readInvocation) ?? { source: {} };
  const materials = optionalList(predicate, 'materials', pointer, readMaterial) ?? [];
  const { source } = invocation;
  const dependencies = isEmpty(source) ? materials : [...materials, source];
  return {
    version: '0.2',
    buildDefinition: withDefined<Provenance['buildDefinition']>(
      {
        buildType: required(predicate, 'buildType', pointer, readTypeUri),
        externalParameters: externalParameters(invocation, `${pointer}/invocation/parameters`),
      },
      {
        internalParameters: invocation.environment,
        resolvedDependencies: dependencies.length > 0 ? dependencies : undefined,
      },
    ),
    runDetails: withDefined<Provenance['runDetails']>(
      { builder: { id: required(builder, 'id', `${pointer}/builder`, readTypeUri) } },
      { metadata: optional(predicate, 'metadata', pointer, readMetadataV02) },
    ),
    source: predicate,
  };
}

function externalParameters(invocation: Invocation, pointer: string): JsonObject {
  const parameters = invocation.parameters ?? {};
  const added = withDefined<Record<string, JsonValue>>(
    {},
    { source: invocation.source.uri, entryPoint: invocation.entryPoint },
  );
  for (const key of Object.keys(added)) {
    if (!Object.hasOwn(parameters, key) || parameters[key] === added[key]) continue;
    throw new MalformedError(
      'ERR_DUPLICATE',
      joinPointer(pointer, key),
      'v1 gives this name to configSource',
    );
  }
  return { ...parameters, ...added };
}

function readInvocation(value: JsonValue, pointer: string): Invocation {
  const object = asObject(value, pointer);
  const config = optional(object, 'configSource', pointer, asObject) ?? {};
  return withDefined<Invocation>(
    { source: readMaterial(config, `${pointer}/configSource`) },
    {
      entryPoint: optionalString(config, 'entryPoint', `${pointer}/configSource`),
      parameters: optional(object, 'parameters', pointer, asObject),
      environment: optional(object, 'environment', pointer, asObject),
    },
  );
}

function readMaterial(value: JsonValue, pointer: string): ResourceDescriptor {
  const object = asObject(value, pointer);
  return withDefined<ResourceDescriptor>(
    {},
    {
      uri: optionalString(object, 'uri', pointer),
      digest: isEmptyObject(member(object, 'digest'))
        ? undefined
        : optional(object, 'digest', pointer, parseDigestSet),
    },
  );
}

/** v0.2 writers leave an empty digest behind where they know none, and SLSA reads empty as absent. */
function isEmptyObject(value: JsonValue | undefined): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function isEmpty(material: Material): boolean {
  return material.uri === undefined && material.digest === undefined;
}

function readMetadataV02(value: JsonValue, pointer: string): BuildMetadata {
  const object = asObject(value, pointer);
  return withDefined<BuildMetadata>(
    {},
    {
      invocationId: optionalString(object, 'buildInvocationId', pointer),
      startedOn: optional(object, 'buildStartedOn', pointer, readTimestamp),
      finishedOn: optional(object, 'buildFinishedOn', pointer, readTimestamp),
    },
  );
}
