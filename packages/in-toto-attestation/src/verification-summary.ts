import { MalformedError } from './errors.ts';
import {
  asObject,
  asString,
  missing,
  optional,
  optionalList,
  readStringMap,
  readTypeUri,
  required,
  requiredList,
  requiredString,
  requireTypeUri,
  unknownFields,
  withDefined,
  withExtensions,
} from './fields.ts';
import { joinPointer } from './json-check.ts';
import type { JsonObject, JsonValue } from './json.ts';
import {
  type ResourceDescriptor,
  encodeResourceDescriptor,
  readResourceDescriptor,
} from './resource-descriptor.ts';
import { readOffsetTimestamp } from './timestamp.ts';

/** predicateType of a verification summary attestation (VSA) of SLSA 1.x. */
export const VSA_V1 = 'https://slsa.dev/verification_summary/v1';

/** What a verifier found when it checked an artifact (SLSA 1.2 verification_summary.md). */
export interface VerificationSummary {
  readonly verifier: Verifier;
  /** RFC 3339. The specification wants UTC with Z; writers with an offset are met and read. */
  readonly timeVerified?: string;
  readonly resourceUri: string;
  /** Has a `uri`. */
  readonly policy: ResourceDescriptor;
  /** All of the attestations that were used, each with a digest; or none is named. */
  readonly inputAttestations?: readonly ResourceDescriptor[];
  readonly verificationResult: 'PASSED' | 'FAILED';
  /** The highest level of each track, and other properties; no two levels of one track. */
  readonly verifiedLevels: readonly string[];
  /** How many dependencies reached each level; empty means no dependencies, absent means no claim. */
  readonly dependencyLevels?: Readonly<Record<string, number>>;
  /** `MAJOR.MINOR`. */
  readonly slsaVersion?: string;
  /** Fields that the specification does not know; ignored. */
  readonly unknownFields?: JsonObject;
}

/** Who verified. */
export interface Verifier {
  readonly id: string;
  readonly version?: Readonly<Record<string, string>>;
  readonly unknownFields?: JsonObject;
}

const KNOWN: ReadonlySet<string> = new Set([
  'verifier',
  'timeVerified',
  'resourceUri',
  'policy',
  'inputAttestations',
  'verificationResult',
  'verifiedLevels',
  'dependencyLevels',
  'slsaVersion',
]);
const KNOWN_OF_VERIFIER: ReadonlySet<string> = new Set(['id', 'version']);
/** A level of a track, which is the first group. */
export const TRACK_LEVEL: RegExp = /^SLSA_([A-Z_]+)_LEVEL_(?:[0-9]+|UNEVALUATED)$/;

/**
 * Reads the predicate of a VSA.
 *
 * @throws {MalformedError} for a required field that is absent, a policy without `uri`, an input attestation without
 * digest, two levels of one track (`ERR_DUPLICATE`).
 */
export function parseVerificationSummary(
  predicate: JsonObject,
  pointer: string = '/predicate',
): VerificationSummary {
  return withDefined<VerificationSummary>(
    {
      verifier: required(predicate, 'verifier', pointer, readVerifier),
      resourceUri: requiredString(predicate, 'resourceUri', pointer),
      policy: required(predicate, 'policy', pointer, readPolicy),
      verificationResult: required(predicate, 'verificationResult', pointer, readResult),
      verifiedLevels: readLevels(predicate, pointer),
    },
    {
      timeVerified: optional(predicate, 'timeVerified', pointer, readOffsetTimestamp),
      inputAttestations: optionalList(predicate, 'inputAttestations', pointer, readInputAttestation),
      dependencyLevels: optional(predicate, 'dependencyLevels', pointer, readCounts),
      slsaVersion: optional(predicate, 'slsaVersion', pointer, readSlsaVersion),
      unknownFields: unknownFields(predicate, KNOWN),
    },
  );
}

function readVerifier(value: JsonValue, pointer: string): Verifier {
  const object = asObject(value, pointer);
  return withDefined<Verifier>(
    { id: required(object, 'id', pointer, readTypeUri) },
    {
      version: optional(object, 'version', pointer, readStringMap),
      unknownFields: unknownFields(object, KNOWN_OF_VERIFIER),
    },
  );
}

function readPolicy(value: JsonValue, pointer: string): ResourceDescriptor {
  const policy = readResourceDescriptor(value, pointer);
  if (policy.uri === undefined) throw missing(pointer, 'uri');
  return policy;
}

function readInputAttestation(value: JsonValue, pointer: string): ResourceDescriptor {
  const attestation = readResourceDescriptor(value, pointer);
  if (attestation.digest === undefined) throw missing(pointer, 'digest');
  return attestation;
}

function readResult(value: JsonValue, pointer: string): 'PASSED' | 'FAILED' {
  if (value === 'PASSED' || value === 'FAILED') return value;
  throw new MalformedError('ERR_VALUE', pointer, 'neither PASSED nor FAILED');
}

function readLevels(predicate: JsonObject, pointer: string): readonly string[] {
  const tracks = new Set<string>();
  const readLevel = (value: JsonValue, at: string): string => {
    const level = asString(value, at);
    const track = TRACK_LEVEL.exec(level)?.[1];
    if (track !== undefined && tracks.has(track)) {
      throw new MalformedError('ERR_DUPLICATE', at, `a second level of the ${track} track`);
    }
    if (track !== undefined) tracks.add(track);
    return level;
  };
  return requiredList(predicate, 'verifiedLevels', pointer, readLevel);
}

function readCounts(value: JsonValue, pointer: string): Readonly<Record<string, number>> {
  const object = asObject(value, pointer);
  for (const [level, count] of Object.entries(object)) {
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) continue;
    throw new MalformedError('ERR_VALUE', joinPointer(pointer, level), 'not a count');
  }
  return Object.fromEntries(Object.entries(object).map(([level, count]) => [level, Number(count)]));
}

function readSlsaVersion(value: JsonValue, pointer: string): string {
  const version = asString(value, pointer);
  if (!/^[0-9]+\.[0-9]+$/.test(version)) throw new MalformedError('ERR_VALUE', pointer, 'not MAJOR.MINOR');
  return version;
}

/**
 * A verification summary as a predicate.
 *
 * @throws {MalformedError} for one that {@link parseVerificationSummary} would refuse.
 */
export function encodeVerificationSummary(summary: VerificationSummary): JsonObject {
  requireTypeUri(summary.verifier.id, '/predicate/verifier/id');
  const { resourceUri, policy, verificationResult, verifiedLevels } = summary;
  const { id, version } = summary.verifier;
  const verifier = withDefined<Record<string, JsonValue>>({ id }, { version });
  const fields = withDefined<Record<string, JsonValue>>(
    {
      verifier: withExtensions(verifier, summary.verifier.unknownFields),
      resourceUri,
      policy: encodeResourceDescriptor(policy),
      verificationResult,
      verifiedLevels,
    },
    {
      timeVerified: summary.timeVerified,
      inputAttestations: summary.inputAttestations?.map(encodeResourceDescriptor),
      dependencyLevels: summary.dependencyLevels,
      slsaVersion: summary.slsaVersion,
    },
  );
  const predicate = withExtensions(fields, summary.unknownFields);
  parseVerificationSummary(predicate);
  return predicate;
}
