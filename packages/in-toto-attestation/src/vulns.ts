import {
  asObject,
  member,
  optionalString,
  required,
  requiredList,
  requiredString,
  unknownFields,
  withDefined,
  withExtensions,
} from './fields.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { readTimestamp } from './timestamp.ts';

/** predicateType of a vulnerability scan. */
export const VULNS_V02 = 'https://in-toto.io/attestation/vulns/v0.2';

/** One vulnerability scan (in-toto spec/predicates/vulns_02.md). Times are RFC 3339 in UTC with Z. */
export interface VulnerabilityScan {
  readonly scanner: Scanner;
  readonly metadata: { readonly scanStartedOn: string; readonly scanFinishedOn: string } & Extensible;
  readonly unknownFields?: JsonObject;
}

/** What scanned, with which database, and what it found: an empty `result` means nothing. */
export interface Scanner extends Extensible {
  readonly uri: string;
  readonly version?: string;
  readonly db: { readonly uri?: string; readonly version?: string; readonly lastUpdate: string } & Extensible;
  readonly result: readonly Vulnerability[];
}

/** One vulnerability, scored by one or more methods. */
export interface Vulnerability extends Extensible {
  readonly id: string;
  readonly severity: readonly Severity[];
  /** Anything the scanner adds. */
  readonly annotations?: JsonValue;
}

/** A score as text, by the method that says how to read it. */
export interface Severity extends Extensible {
  readonly method: string;
  readonly score: string;
}

interface Extensible {
  /** Fields that the specification does not know; ignored. */
  readonly unknownFields?: JsonObject;
}

const KNOWN: ReadonlySet<string> = new Set(['scanner', 'metadata']);
const KNOWN_OF_METADATA: ReadonlySet<string> = new Set(['scanStartedOn', 'scanFinishedOn']);
const KNOWN_OF_SCANNER: ReadonlySet<string> = new Set(['uri', 'version', 'db', 'result']);
const KNOWN_OF_DATABASE: ReadonlySet<string> = new Set(['uri', 'version', 'lastUpdate']);
const KNOWN_OF_RESULT: ReadonlySet<string> = new Set(['id', 'severity', 'annotations']);
const KNOWN_OF_SEVERITY: ReadonlySet<string> = new Set(['method', 'score']);

/**
 * Reads the predicate of a vulnerability scan.
 *
 * @throws {MalformedError} with the pointer to the field.
 */
export function parseVulnerabilityScan(
  predicate: JsonObject,
  pointer: string = '/predicate',
): VulnerabilityScan {
  return withDefined<VulnerabilityScan>(
    {
      scanner: required(predicate, 'scanner', pointer, readScanner),
      metadata: required(predicate, 'metadata', pointer, readMetadata),
    },
    { unknownFields: unknownFields(predicate, KNOWN) },
  );
}

function readMetadata(value: JsonValue, pointer: string): VulnerabilityScan['metadata'] {
  const object = asObject(value, pointer);
  return withDefined<VulnerabilityScan['metadata']>(
    {
      scanStartedOn: required(object, 'scanStartedOn', pointer, readTimestamp),
      scanFinishedOn: required(object, 'scanFinishedOn', pointer, readTimestamp),
    },
    { unknownFields: unknownFields(object, KNOWN_OF_METADATA) },
  );
}

function readScanner(value: JsonValue, pointer: string): Scanner {
  const object = asObject(value, pointer);
  return withDefined<Scanner>(
    {
      uri: requiredString(object, 'uri', pointer),
      db: required(object, 'db', pointer, readDatabase),
      result: requiredList(object, 'result', pointer, readVulnerability),
    },
    {
      version: optionalString(object, 'version', pointer),
      unknownFields: unknownFields(object, KNOWN_OF_SCANNER),
    },
  );
}

function readDatabase(value: JsonValue, pointer: string): Scanner['db'] {
  const object = asObject(value, pointer);
  return withDefined<Scanner['db']>(
    { lastUpdate: required(object, 'lastUpdate', pointer, readTimestamp) },
    {
      uri: optionalString(object, 'uri', pointer),
      version: optionalString(object, 'version', pointer),
      unknownFields: unknownFields(object, KNOWN_OF_DATABASE),
    },
  );
}

function readVulnerability(value: JsonValue, pointer: string): Vulnerability {
  const object = asObject(value, pointer);
  return withDefined<Vulnerability>(
    {
      id: requiredString(object, 'id', pointer),
      severity: requiredList(object, 'severity', pointer, readSeverity),
    },
    {
      annotations: member(object, 'annotations'),
      unknownFields: unknownFields(object, KNOWN_OF_RESULT),
    },
  );
}

function readSeverity(value: JsonValue, pointer: string): Severity {
  const object = asObject(value, pointer);
  return withDefined<Severity>(
    { method: requiredString(object, 'method', pointer), score: requiredString(object, 'score', pointer) },
    { unknownFields: unknownFields(object, KNOWN_OF_SEVERITY) },
  );
}

/**
 * A vulnerability scan as a predicate.
 *
 * @throws {MalformedError} for one that {@link parseVulnerabilityScan} would refuse.
 */
export function encodeVulnerabilityScan(scan: VulnerabilityScan): JsonObject {
  const { scanStartedOn, scanFinishedOn } = scan.metadata;
  const fields = {
    scanner: encodeScanner(scan.scanner),
    metadata: withExtensions({ scanStartedOn, scanFinishedOn }, scan.metadata.unknownFields),
  };
  const predicate = withExtensions(fields, scan.unknownFields);
  parseVulnerabilityScan(predicate);
  return predicate;
}

function encodeScanner({ uri, version, db, result, unknownFields }: Scanner): JsonObject {
  const database = withDefined<Record<string, JsonValue>>(
    { lastUpdate: db.lastUpdate },
    { uri: db.uri, version: db.version },
  );
  const fields = withDefined<Record<string, JsonValue>>(
    { uri, db: withExtensions(database, db.unknownFields), result: result.map(encodeVulnerability) },
    { version },
  );
  return withExtensions(fields, unknownFields);
}

function encodeVulnerability({ id, severity, annotations, unknownFields }: Vulnerability): JsonObject {
  const scores = severity.map(({ method, score, unknownFields }) =>
    withExtensions({ method, score }, unknownFields),
  );
  const fields = withDefined<Record<string, JsonValue>>({ id, severity: scores }, { annotations });
  return withExtensions(fields, unknownFields);
}
