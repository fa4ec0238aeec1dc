import { isJsonArray, isJsonObject, joinPointer, type JsonValue } from 'in-toto-attestation';
import type { z } from 'zod';
import type { JobRecordIssue } from './errors.ts';

/** What the schema has against a record, in the words of this package: where, what was expected, what was found. */
export function describeIssue(issue: z.core.$ZodIssue, record: JsonValue): JobRecordIssue[] {
  const pointer = issue.path.reduce<string>((path, key) => joinPointer(path, String(key)), '');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => describeUnknown(pointer, key));
  const found = valueAt(record, issue.path);
  if (issue.code === 'invalid_type') return [describeType(pointer, issue.expected, found)];
  return [describeValue(pointer, issue, found)];
}

function describeUnknown(pointer: string, key: string): JobRecordIssue {
  return {
    pointer: joinPointer(pointer, key),
    message: 'expected nothing here: the format has no such field',
  };
}

const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ['record', 'object'],
  ['int', 'whole number'],
  ['number', 'whole number'],
]);

function describeType(pointer: string, expected: string, found: JsonValue | undefined): JobRecordIssue {
  const type = TYPE_NAMES.get(expected) ?? expected;
  if (found === undefined) return { pointer, message: `expected ${type}, found nothing` };
  if (found === null) {
    return { pointer, message: `expected ${type}, found null`, hint: 'leave out a field that has no value' };
  }
  return { pointer, message: `expected ${type}, found ${isJsonArray(found) ? 'array' : typeof found}` };
}

function describeValue(
  pointer: string,
  issue: z.core.$ZodIssue,
  found: JsonValue | undefined,
): JobRecordIssue {
  if (issue.code === 'custom' && issue.params?.['secret'] === true) {
    return { pointer, message: issue.message, hint: 'write the location alone: provenance is published' };
  }
  return { pointer, message: `${expectation(issue)}, found ${show(found)}` };
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (issue.code !== 'invalid_value') return issue.message;
  return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
}

const SHOWN = 80;

/** The value at fault, short, on one line, without what could be a password or a token in a URI. */
function show(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (isJsonArray(value)) return `${value.length} items`;
  if (isJsonObject(value)) return 'an object';
  const text = JSON.stringify(value)
    .replaceAll(/\/\/\S*@/g, '//...@')
    .replaceAll(/[^\s/"]*@/g, '...@')
    .replace(/\?.*/s, '?..."');
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}..."` : text;
}

function valueAt(record: JsonValue, path: readonly PropertyKey[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((value, key) => member(value, key), record);
}

function member(value: JsonValue | undefined, key: PropertyKey): JsonValue | undefined {
  if (value === undefined || typeof key === 'symbol') return undefined;
  if (isJsonArray(value)) return value[Number(key)];
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined;
}
