import { MalformedError } from './errors.ts';
import { asString } from './fields.ts';
import type { JsonValue } from './json.ts';

const RFC3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * Whether the text is a time of RFC 3339 that exists, in UTC with `Z` (in-toto spec/v1/field_types.md). `Date.parse`
 * gives a number for each of them; a leap second is refused, because it would not.
 */
export function matchTimestamp(text: string): boolean {
  return text.endsWith('Z') && matchOffsetTimestamp(text);
}

/** The same, in UTC or with an offset, which some writers of VSAs use. */
export function matchOffsetTimestamp(text: string): boolean {
  if (!RFC3339.test(text)) return false;
  const day = Number(text.slice(8, 10));
  return day <= 28 || day <= daysOf(Number(text.slice(0, 4)), Number(text.slice(5, 7)));
}

function daysOf(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
}

/** A timestamp in UTC, kept as text. */
export function readTimestamp(value: JsonValue, pointer: string): string {
  const text = asString(value, pointer);
  if (!matchTimestamp(text))
    throw new MalformedError('ERR_VALUE', pointer, 'not a time of RFC 3339 in UTC with Z');
  return text;
}

/** A timestamp with any offset, kept as text. */
export function readOffsetTimestamp(value: JsonValue, pointer: string): string {
  const text = asString(value, pointer);
  if (!matchOffsetTimestamp(text)) throw new MalformedError('ERR_VALUE', pointer, 'not a time of RFC 3339');
  return text;
}
