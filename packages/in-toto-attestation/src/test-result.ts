import { MalformedError } from './errors.ts';
import {
  optional,
  optionalString,
  readStrings,
  required,
  requiredList,
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

/** predicateType of a test result. */
export const TEST_RESULT_V01 = 'https://in-toto.io/attestation/test-result/v0.1';

/** One run of a test suite (in-toto spec/predicates/test-result.md). */
export interface TestResult {
  readonly result: 'PASSED' | 'WARNED' | 'FAILED';
  readonly configuration: readonly ResourceDescriptor[];
  readonly url?: string;
  readonly passedTests?: readonly string[];
  readonly warnedTests?: readonly string[];
  readonly failedTests?: readonly string[];
  /** Fields that the specification does not know; ignored. */
  readonly unknownFields?: JsonObject;
}

const KNOWN: ReadonlySet<string> = new Set([
  'result',
  'configuration',
  'url',
  'passedTests',
  'warnedTests',
  'failedTests',
]);

/**
 * Reads the predicate of a test result.
 *
 * @throws {MalformedError} with the pointer to the field; `ERR_VALUE` for another `result`.
 */
export function parseTestResult(predicate: JsonObject, pointer: string = '/predicate'): TestResult {
  return withDefined<TestResult>(
    {
      result: required(predicate, 'result', pointer, readResult),
      configuration: requiredList(predicate, 'configuration', pointer, readResourceDescriptor),
    },
    {
      url: optionalString(predicate, 'url', pointer),
      passedTests: optional(predicate, 'passedTests', pointer, readStrings),
      warnedTests: optional(predicate, 'warnedTests', pointer, readStrings),
      failedTests: optional(predicate, 'failedTests', pointer, readStrings),
      unknownFields: unknownFields(predicate, KNOWN),
    },
  );
}

function readResult(value: JsonValue, pointer: string): TestResult['result'] {
  if (value === 'PASSED' || value === 'WARNED' || value === 'FAILED') return value;
  throw new MalformedError('ERR_VALUE', pointer, 'none of PASSED, WARNED and FAILED');
}

/**
 * A test result as a predicate.
 *
 * @throws {MalformedError} for one that {@link parseTestResult} would refuse.
 */
export function encodeTestResult(test: TestResult): JsonObject {
  const { result, configuration, url, passedTests, warnedTests, failedTests } = test;
  const fields = withDefined<Record<string, JsonValue>>(
    { result, configuration: configuration.map(encodeResourceDescriptor) },
    { url, passedTests, warnedTests, failedTests },
  );
  const predicate = withExtensions(fields, test.unknownFields);
  parseTestResult(predicate);
  return predicate;
}
