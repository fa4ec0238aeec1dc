import {
  CYCLONEDX_BOM,
  encodeTestResult,
  encodeVulnerabilityScan,
  type JsonObject,
  isJsonObject,
  MalformedError,
  parseJson,
  parsePredicate,
  readTypeUri,
  RELEASE_V02,
  type ResourceDescriptor,
  SPDX_DOCUMENT,
  STATEMENT_V1,
  type Statement,
  type Subject,
  TEST_RESULT_V01,
  VULNS_V02,
} from 'in-toto-attestation';
import { parseJUnit } from './junit.ts';
import { parseScanReport } from './scan-report.ts';
import { parseTap } from './tap.ts';

/** Short names of predicate types; test results and vulnerability scans are made of the reports of tools. */
export const PREDICATE_KINDS: ReadonlyMap<string, string> = new Map([
  ['spdx', SPDX_DOCUMENT],
  ['cyclonedx', CYCLONEDX_BOM],
  ['test-result', TEST_RESULT_V01],
  ['vulns', VULNS_V02],
  ['release', RELEASE_V02],
]);

export interface PredicateOptions {
  /** What configured the tests; part of a test result. */
  readonly configuration?: readonly ResourceDescriptor[];
  /** What a scanner's report does not say. UTC, RFC 3339. */
  readonly scanStartedOn?: string | undefined;
  readonly scanFinishedOn?: string | undefined;
  readonly dbUpdatedOn?: string | undefined;
}

/**
 * A statement with a predicate that is not about the build itself: a document as it is, or made of a tool's report. Every
 * predicate of a type that is known is read before it becomes one.
 *
 * @param type a predicateType, or a name of {@link PREDICATE_KINDS}.
 * @throws {MalformedError} for a document that is none of its type, or a report that is not complete.
 */
export function buildAttestation(
  type: string,
  document: Uint8Array,
  subject: readonly Subject[],
  options: PredicateOptions = {},
): Statement {
  const predicateType = readTypeUri(PREDICATE_KINDS.get(type) ?? type, '/predicateType');
  const predicate = readPredicate(type, document, options);
  const statement: Statement = { _type: STATEMENT_V1, subject, predicateType, predicate };
  parsePredicate(statement);
  return statement;
}

function readPredicate(type: string, document: Uint8Array, options: PredicateOptions): JsonObject {
  if (type === 'test-result' && !startsJson(document)) return readTestReport(document, options);
  const value = parseJson(document);
  if (type === 'vulns' && isJsonObject(value) && !('scanner' in value)) return readScan(value, options);
  if (!isJsonObject(value)) throw new MalformedError('ERR_TYPE', '/predicate', 'not an object');
  return value;
}

function startsJson(document: Uint8Array): boolean {
  return Buffer.from(document.subarray(0, 64)).toString('latin1').trimStart().startsWith('{');
}

function readTestReport(document: Uint8Array, { configuration = [] }: PredicateOptions): JsonObject {
  const text = decodeUtf8(document);
  const { passed, failed, warned } = text.trimStart().startsWith('<') ? parseJUnit(text) : parseTap(text);
  return encodeTestResult({
    result: failed.length > 0 ? 'FAILED' : warned.length > 0 ? 'WARNED' : 'PASSED',
    configuration,
    passedTests: passed,
    warnedTests: warned,
    failedTests: failed,
  });
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new MalformedError('ERR_JSON_UTF8', '', 'not valid UTF-8', { cause });
  }
}

function readScan(value: JsonObject, options: PredicateOptions): JsonObject {
  const report = parseScanReport(value);
  return encodeVulnerabilityScan({
    scanner: {
      uri: report.uri,
      ...(report.version === undefined ? {} : { version: report.version }),
      db: { lastUpdate: fact('--db-updated-on', report.dbLastUpdate, options.dbUpdatedOn) },
      result: report.vulnerabilities,
    },
    metadata: {
      scanStartedOn: fact('--scan-started-on', undefined, options.scanStartedOn),
      scanFinishedOn: fact('--scan-finished-on', report.finishedOn, options.scanFinishedOn),
    },
  });
}

/** A fact that the format needs: from the report, else from the caller, never from both or a guess. */
function fact(option: string, reported: string | undefined, given: string | undefined): string {
  if (reported !== undefined && given !== undefined) {
    throw new MalformedError(
      'ERR_VALUE',
      '',
      `the report says this itself (${reported}): leave ${option} out`,
    );
  }
  const value = reported ?? given;
  if (value !== undefined) return value;
  throw new MalformedError('ERR_VALUE', '', `the report does not say this: give it by ${option}`);
}
