import * as z from 'zod';

import { matchOffsetTimestamp, matchTimestamp } from '../timestamp.ts';

/*
 * The pieces that the schemas of the formats are made of. A schema checks a document as it stands on the wire and
 * changes nothing in it: `null` is the same as absent, and fields that it does not know are allowed.
 */

/** Any JSON object. */
export interface WireObject {
  readonly [key: string]: unknown;
}

/** A field that may be absent or `null`. */
export type Unset<T> = T | null | undefined;

const BASE64_STANDARD = '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?';
const BASE64_URL_SAFE = '(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]==|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]=)?';

/** Any JSON object, whole. */
export const object: z.ZodType<WireObject> = z.looseObject({}).meta({ title: 'Object' });

/** Base64 in exactly one of RFC 4648's two alphabets, padded, with no bit set behind the last byte. */
export const base64: z.ZodType<string> = z
  .string()
  .regex(new RegExp(`^(?:${BASE64_STANDARD}|${BASE64_URL_SAFE})$`))
  .meta({ title: 'Base64', description: 'RFC 4648 section 4 or 5, padded' });

/** The characters of a URI. */
export const typeUri: z.ZodType<string> = z
  .string()
  .regex(/^[!-~]+$/)
  .meta({ title: 'TypeURI', description: 'A URI, compared as an opaque string' });

/** RFC 3339 in UTC with Z. */
export const timestamp: z.ZodType<string> = z.string().refine(matchTimestamp).meta({
  title: 'Timestamp',
  description: 'RFC 3339 in UTC with Z',
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?Z$',
});

/** RFC 3339 with any offset. */
export const offsetTimestamp: z.ZodType<string> = z
  .string()
  .refine(matchOffsetTimestamp)
  .meta({ title: 'OffsetTimestamp', description: 'RFC 3339', format: 'date-time' });

/** An object whose members are all strings. */
export const strings: z.ZodType<{ readonly [key: string]: string }> = z
  .object({})
  .catchall(z.string())
  .meta({ title: 'Strings' });

/** How many of the fields are there, neither absent nor `null`. */
export function countSet(value: WireObject, fields: readonly string[]): number {
  return fields.filter((field) => Object.hasOwn(value, field) && value[field] !== null).length;
}
