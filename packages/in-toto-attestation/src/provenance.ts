import { MalformedError } from './errors.ts';
import {
  type Members,
  type Read,
  asObject,
  asString,
  isAsRead,
  optional,
  optionalString,
  readList,
  readStringMap,
  readTypeUri,
  requireTypeUri,
  required,
  unknownFields,
  withDefined,
  withExtensions,
} from './fields.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { convertProvenanceV02 } from './provenance-v02.ts';
import {
  type ResourceDescriptor,
  encodeResourceDescriptor,
  readResourceDescriptor,
} from './resource-descriptor.ts';
import { readTimestamp } from './timestamp.ts';

/** predicateType of SLSA provenance 1.0, 1.1 and 1.2. */
export const PROVENANCE_V1 = 'https://slsa.dev/provenance/v1';
/** predicateType of SLSA provenance 0.2, which is read and never written. */
export const PROVENANCE_V02 = 'https://slsa.dev/provenance/v0.2';

/** SLSA provenance in the shape of v1 (SLSA 1.2 build-provenance.md). */
export interface Provenance {
  /** The version that it was written in. */
  readonly version: '1' | '0.2';
  readonly buildDefinition: BuildDefinition;
  readonly runDetails: RunDetails;
  /** Fields that the specification does not know; ignored. */
  readonly unknownFields?: JsonObject;
  /** The predicate as it was written, when that was version 0.2. */
  readonly source?: JsonObject;
}

/** What was built, from what. */
export interface BuildDefinition {
  readonly buildType: string;
  /** Under the tenant's control: a verifier compares every member. Whole, as it was written. */
  readonly externalParameters: JsonObject;
  readonly internalParameters?: JsonObject;
  readonly resolvedDependencies?: readonly ResourceDescriptor[];
  readonly unknownFields?: JsonObject;
}

/** This run of the build. */
export interface RunDetails {
  readonly builder: Builder;
  readonly metadata?: BuildMetadata;
  readonly byproducts?: readonly ResourceDescriptor[];
  readonly unknownFields?: JsonObject;
}

/** The platform that ran the build and wrote the provenance. */
export interface Builder {
  readonly id: string;
  readonly builderDependencies?: readonly ResourceDescriptor[];
  readonly version?: Readonly<Record<string, string>>;
  readonly unknownFields?: JsonObject;
}

/** Times are RFC 3339 in UTC with Z. */
export interface BuildMetadata {
  readonly invocationId?: string;
  readonly startedOn?: string;
  readonly finishedOn?: string;
  readonly unknownFields?: JsonObject;
}

/**
 * Reads the predicate of a provenance statement; version 0.2 is converted to the shape of v1.
 *
 * @throws {MalformedError} for a predicateType that is neither, a required field that is absent, a v1
 * `externalParameters` that is empty (SLSA reads empty as absent).
 */
export function parseProvenance(
  predicateType: string,
  predicate: JsonObject,
  pointer: string = '/predicate',
): Provenance {
  if (predicateType === PROVENANCE_V1) return readProvenanceV1(predicate, pointer);
  if (predicateType === PROVENANCE_V02) return convertProvenanceV02(predicate, pointer);
  throw new MalformedError('ERR_VALUE', '/predicateType', 'not SLSA provenance v1 or v0.2');
}

const KNOWN: ReadonlySet<string> = new Set(['buildDefinition', 'runDetails']);
const DEFINITION: Members = new Map<string, Read<unknown>>([
  ['buildType', readTypeUri],
  ['externalParameters', readExternalParameters],
  ['internalParameters', asObject],
  ['resolvedDependencies', readDescriptors],
]);
const RUN: Members = new Map<string, Read<unknown>>([
  ['builder', readBuilder],
  ['metadata', readMetadata],
  ['byproducts', readDescriptors],
]);
const BUILDER: Members = new Map<string, Read<unknown>>([
  ['id', readTypeUri],
  ['builderDependencies', readDescriptors],
  ['version', readStringMap],
]);
const METADATA: Members = new Map<string, Read<unknown>>([
  ['invocationId', asString],
  ['startedOn', readTimestamp],
  ['finishedOn', readTimestamp],
]);

function readProvenanceV1(predicate: JsonObject, pointer: string): Provenance {
  return withDefined<Provenance>(
    {
      version: '1',
      buildDefinition: required(predicate, 'buildDefinition', pointer, readBuildDefinition),
      runDetails: required(predicate, 'runDetails', pointer, readRunDetails),
    },
    { unknownFields: unknownFields(predicate, KNOWN) },
  );
}

function readBuildDefinition(value: JsonValue, pointer: string): BuildDefinition {
  const object = asObject(value, pointer);
  if (isBuildDefinition(object, pointer)) return object;
  return withDefined<BuildDefinition>(
    {
      buildType: required(object, 'buildType', pointer, readTypeUri),
      externalParameters: required(object, 'externalParameters', pointer, readExternalParameters),
    },
    {
      internalParameters: optional(object, 'internalParameters', pointer, asObject),
      resolvedDependencies: optional(object, 'resolvedDependencies', pointer, readDescriptors),
      unknownFields: unknownFields(object, DEFINITION),
    },
  );
}

function isBuildDefinition(object: JsonObject, pointer: string): object is BuildDefinition & JsonObject {
  return isAsRead(object, pointer, DEFINITION, ['buildType', 'externalParameters']);
}

function readExternalParameters(value: JsonValue, pointer: string): JsonObject {
  const parameters = asObject(value, pointer);
  if (Object.keys(parameters).length > 0) return parameters;
  throw new MalformedError('ERR_MISSING', pointer, 'required, but empty');
}

function readDescriptors(value: JsonValue, pointer: string): readonly ResourceDescriptor[] {
  return readList(value, pointer, readResourceDescriptor);
}

function readRunDetails(value: JsonValue, pointer: string): RunDetails {
  const object = asObject(value, pointer);
  if (isRunDetails(object, pointer)) return object;
  return withDefined<RunDetails>(
    { builder: required(object, 'builder', pointer, readBuilder) },
    {
      metadata: optional(object, 'metadata', pointer, readMetadata),
      byproducts: optional(object, 'byproducts', pointer, readDescriptors),
      unknownFields: unknownFields(object, RUN),
    },
  );
}

function isRunDetails(object: JsonObject, pointer: string): object is RunDetails & JsonObject {
  return isAsRead(object, pointer, RUN, ['builder']);
}

function readBuilder(value: JsonValue, pointer: string): Builder {
  const object = asObject(value, pointer);
  if (isBuilder(object, pointer)) return object;
  return withDefined<Builder>(
    { id: required(object, 'id', pointer, readTypeUri) },
    {
      builderDependencies: optional(object, 'builderDependencies', pointer, readDescriptors),
      version: optional(object, 'version', pointer, readStringMap),
      unknownFields: unknownFields(object, BUILDER),
    },
  );
}

function isBuilder(object: JsonObject, pointer: string): object is Builder & JsonObject {
  return isAsRead(object, pointer, BUILDER, ['id']);
}

function readMetadata(value: JsonValue, pointer: string): BuildMetadata {
  const object = asObject(value, pointer);
  if (isMetadata(object, pointer)) return object;
  return withDefined<BuildMetadata>(
    {},
    {
      invocationId: optionalString(object, 'invocationId', pointer),
      startedOn: optional(object, 'startedOn', pointer, readTimestamp),
      finishedOn: optional(object, 'finishedOn', pointer, readTimestamp),
      unknownFields: unknownFields(object, METADATA),
    },
  );
}

function isMetadata(object: JsonObject, pointer: string): object is BuildMetadata & JsonObject {
  return isAsRead(object, pointer, METADATA, []);
}

/**
 * Provenance as a v1 predicate, extension fields included: inside a predicate they are allowed.
 *
 * @throws {MalformedError} for provenance that {@link parseProvenance} would refuse.
 */
export function encodeProvenance(provenance: Provenance): JsonObject {
  requireTypeUri(provenance.buildDefinition.buildType, '/predicate/buildDefinition/buildType');
  requireTypeUri(provenance.runDetails.builder.id, '/predicate/runDetails/builder/id');
  const fields = {
    buildDefinition: encodeBuildDefinition(provenance.buildDefinition),
    runDetails: encodeRunDetails(provenance.runDetails),
  };
  const predicate = withExtensions(fields, provenance.unknownFields);
  parseProvenance(PROVENANCE_V1, predicate);
  return predicate;
}

function encodeBuildDefinition(definition: BuildDefinition): JsonObject {
  const { buildType, externalParameters, internalParameters, resolvedDependencies } = definition;
  const fields = withDefined<Record<string, JsonValue>>(
    { buildType, externalParameters },
    { internalParameters, resolvedDependencies: resolvedDependencies?.map(encodeResourceDescriptor) },
  );
  return withExtensions(fields, definition.unknownFields);
}

function encodeRunDetails(run: RunDetails): JsonObject {
  const fields = withDefined<Record<string, JsonValue>>(
    { builder: encodeBuilder(run.builder) },
    {
      metadata: run.metadata && encodeMetadata(run.metadata),
      byproducts: run.byproducts?.map(encodeResourceDescriptor),
    },
  );
  return withExtensions(fields, run.unknownFields);
}

function encodeBuilder(builder: Builder): JsonObject {
  const fields = withDefined<Record<string, JsonValue>>(
    { id: builder.id },
    {
      builderDependencies: builder.builderDependencies?.map(encodeResourceDescriptor),
      version: builder.version,
    },
  );
  return withExtensions(fields, builder.unknownFields);
}

function encodeMetadata(metadata: BuildMetadata): JsonObject {
  const { invocationId, startedOn, finishedOn } = metadata;
  const fields = withDefined<Record<string, JsonValue>>({}, { invocationId, startedOn, finishedOn });
  return withExtensions(fields, metadata.unknownFields);
}
