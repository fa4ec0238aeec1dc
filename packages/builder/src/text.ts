import { z } from 'zod';

/*
 * Patterns go into the JSON Schema, so they are written for every dialect of regular expressions; what only
 * JavaScript can express stands in a refinement next to them.
 */

/** One line, no blank at either end. */
const LINE = /^\S(?:.*\S)?$/;

/** Control characters, and others that nobody sees and that make one text look like another. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u2800\u3164\uffa0]/u;

/** A name or another single line of text of at most `max` UTF-16 units. */
export function lineSchema(max: number): z.ZodType<string> {
  return z
    .string()
    .max(max, { error: `expected at most ${max} characters` })
    .regex(LINE, { error: 'expected one line of text, without blanks around it' })
    .refine(isVisible, { error: 'expected text without control or invisible characters' });
}

/** Relative, `/` between its parts, none of them empty. */
const PATH = /^[^/\\]+(?:\/[^/\\]+)*$/;

const RELATIVE = {
  error: 'expected a relative path with "/" between its parts and no "." or ".." among them',
};

const relativeSchema = z
  .string()
  .max(4096, { error: 'expected at most 4096 characters' })
  .regex(PATH, RELATIVE)
  .refine((path) => path.split('/').every((part) => part !== '.' && part !== '..'), RELATIVE)
  .refine(isVisible, { error: 'expected a path without control or invisible characters' });

/** A path below the folder that the builder is given. */
export const pathSchema: z.ZodType<string> = relativeSchema.regex(/^[^*?[\]{}!]*$/, {
  error: 'expected a path, not a pattern: none of * ? [ ] { } !',
});

/** A pattern of such paths: `*` and `?` within a part, `**` as a whole part for any number of parts. */
export const patternSchema: z.ZodType<string> = relativeSchema
  .regex(/^[^[\]{}!]*$/, { error: 'expected a pattern of names, "*", "?" and "**": none of [ ] { } !' })
  .refine((pattern) => pattern.split('/').every((part) => part === '**' || !part.includes('**')), {
    error: 'expected "**" only as a whole part of the pattern',
  });

/** Whether every character of the text can be seen. */
export function isVisible(text: string): boolean {
  return !INVISIBLE.test(text);
}

/** The text with every character that cannot be seen written out, so that it cannot forge what stands around it. */
export function printable(text: string): string {
  return text.replaceAll(new RegExp(INVISIBLE, 'gu'), (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return `\\u{${codePoint.toString(16)}}`;
  });
}
