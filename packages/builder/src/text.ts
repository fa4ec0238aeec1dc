import { z } from 'zod';

/** One line for people: no control, bidirectional or otherwise invisible characters, no blank at either end. */
const LINE = /^(?!\s)[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+(?<!\s)$/u;

/** A name or another single line of text of at most `max` UTF-16 units. */
export function lineSchema(max: number): z.ZodType<string> {
  return z
    .string()
    .max(max, { error: `expected at most ${max} characters` })
    .regex(LINE, { error: 'expected one line of text without control characters' });
}

/** A path below the folder that the builder is given: relative, `/` between its parts, none of them `.` or `..`. */
const PATH = /^(?!\/)(?:(?!\.{1,2}(?:\/|$))[^/\\\p{Cc}\p{Cf}]+(?:\/(?!$)|$))+$/u;

/** A relative path, or a glob pattern of such paths. */
export const pathSchema: z.ZodType<string> = z
  .string()
  .max(4096, { error: 'expected at most 4096 characters' })
  .regex(PATH, {
    error: 'expected a relative path with "/" between its parts and no "." or ".." among them',
  });
