import { z } from 'zod';

/** A moment as the job record writes it: RFC 3339 with an offset, to the nanosecond. */
const TIMESTAMP =
  /^([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:\.([0-9]{1,9}))?(Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$/;

const EXPECTED =
  'expected a time with offset such as "2026-01-10T12:34:56Z" or "2026-01-10T13:34:56.789+01:00" (RFC 3339)';

/** A timestamp of the job record. A leap second and a day that its month does not have are refused. */
export const timestampSchema: z.ZodType<string> = z
  .string()
  .regex(TIMESTAMP, { error: EXPECTED })
  .refine((text) => !TIMESTAMP.test(text) || isOnCalendar(text), { error: EXPECTED });

/**
 * The same moment in UTC with `Z`, as in-toto's Timestamp demands (in-toto attestation v1, field_types.md). Fractions are
 * kept, without trailing zeros, so that one moment has one spelling.
 *
 * @throws {TypeError} for text that {@link timestampSchema} refuses.
 */
export function toUtc(timestamp: string): string {
  const { milliseconds, fraction } = split(timestamp);
  const seconds = new Date(milliseconds).toISOString().slice(0, -'.000Z'.length);
  return fraction === '' ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}

/** {@link toUtc} of a moment that may not be known. */
export function toUtcIfKnown(timestamp: string | undefined): string | undefined {
  return timestamp === undefined ? undefined : toUtc(timestamp);
}

/** Whether the first moment is later than the second, to the nanosecond; never so where one of them is not known. */
export function isLater(first: string | undefined, second: string | undefined): boolean {
  if (first === undefined || second === undefined) return false;
  const a = split(first);
  const b = split(second);
  if (a.milliseconds !== b.milliseconds) return a.milliseconds > b.milliseconds;
  return a.fraction > b.fraction; // digits after the point compare as text
}

function split(timestamp: string): { readonly milliseconds: number; readonly fraction: string } {
  const [, seconds, fraction = '', offset] = TIMESTAMP.exec(timestamp) ?? [];
  if (seconds === undefined || offset === undefined)
    throw new TypeError('not an RFC 3339 timestamp with offset');
  return { milliseconds: Date.parse(seconds + offset), fraction: fraction.replace(/0+$/, '') };
}

/** Date.parse takes 30 February and calls it 2 March; a time that says so is a mistake in the record. */
function isOnCalendar(timestamp: string): boolean {
  const seconds = timestamp.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
  const year = Number(new Date(split(timestamp).milliseconds).toISOString().slice(0, 4));
  return new Date(`${seconds}Z`).toISOString().startsWith(seconds) && year >= 1970 && year <= 9999;
}
