import { ArtifactError, parseGlob } from '@danube/artifact/glob';

/** Tells whether the whole text is meant. Takes time proportional to the pattern's length times the text's. */
export type Matcher = (text: string) => boolean;

/**
 * Why a pattern cannot be one: thrown while a policy is read, where somebody turns it into an error with a place.
 */
export class PatternError extends Error {}

/**
 * A name with parts between `/`: `*` and `?` within a part, `**` for any number of whole parts
 * (`@danube/artifact/glob` has the whole dialect).
 *
 * @throws {PatternError}
 */
export function pathMatcher(pattern: string): Matcher {
  const { match } = parsePattern(pattern);
  return (text) => isPlainPath(text) && match(text);
}

/** A part such as `..` would lead out of the folder that a pattern names, wherever somebody follows the path. */
function isPlainPath(text: string): boolean {
  return (
    text.split('/').every((part) => part !== '' && !/^(?:\.|%2e){1,2}$/i.test(part)) && !text.includes('\\')
  );
}

/** The same for a text that is often plain: what has no wildcard is compared as it is. @throws {PatternError} */
export function textMatcher(pattern: string): Matcher {
  return /[*?]/.test(pattern) ? pathMatcher(pattern) : (text) => text === pattern;
}

/**
 * A URI: everything before its path is exact, so that no wildcard ever stands for a part of a host.
 *
 * @throws {PatternError}
 */
export function uriMatcher(pattern: string): Matcher {
  const [head, path] = splitUri(pattern);
  if (!pattern.includes('*')) return (text) => text === pattern;
  if (pattern.includes('?')) throw new PatternError('has a "?", which a URI gives another meaning; use *');
  if (head.includes('*')) throw new PatternError('has a wildcard in its scheme or host, which must be exact');
  if (path === '') throw new PatternError('has a wildcard and no path in which it could stand');
  const match = pathMatcher(path);
  return (text) => {
    const [otherHead, otherPath] = splitUri(text);
    return otherHead === head && !AMBIGUOUS.test(otherPath) && match(otherPath);
  };
}

/** What ends a path, or hides a `/` in a part of it. */
const AMBIGUOUS = /[?#]|%2f|%5c/i;

/** `git+https://host/` and `owner/repository`; `pkg:npm/` and the rest. */
function splitUri(text: string): readonly [head: string, path: string] {
  const head = /^[A-Za-z][A-Za-z0-9+.-]*:(?:\/\/[^/?#]*\/?|[^/?#]*\/?)/.exec(text)?.[0] ?? '';
  return [head, text.slice(head.length)];
}

function parsePattern(pattern: string): { readonly match: Matcher } {
  try {
    return parseGlob(pattern);
  } catch (cause) {
    if (!(cause instanceof ArtifactError)) throw cause;
    throw new PatternError(cause.message.replace(/^the pattern .*? (?=has |holds )/s, ''), { cause });
  }
}
