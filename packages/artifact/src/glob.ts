import { ArtifactError, quote } from './errors.ts';

/**
 * A compiled pattern. The dialect, whole: a pattern is anchored at the root and has segments between `/`; `*` is any
 * number of characters within a segment, `?` is one character within a segment, a segment that is exactly `**` is any
 * number of segments (also none). A leading dot is not special. Every other character stands for itself, except
 * `[ ] { } ! \`, which other dialects give a meaning and which are therefore refused.
 */
export interface Glob {
  readonly pattern: string;
  /** True when it has no wildcard, so that it can match only itself. */
  readonly isLiteral: boolean;
  /** True when the whole name matches. Takes time proportional to the pattern's length times the name's. */
  readonly match: (name: string) => boolean;
  /** True when a name below this folder could match. */
  readonly matchFolder: (folder: string) => boolean;
}

/**
 * @throws ArtifactError ERR_ARTIFACT_PATTERN
 */
export function parseGlob(pattern: string): Glob {
  const segments = pattern.split('/');
  for (const segment of segments) checkSegment(pattern, segment);
  return {
    pattern,
    isLiteral: !/[*?]/.test(pattern),
    match: (name) => matchSequence(segments, name.split('/'), '**', matchSegment),
    matchFolder: (folder) => matchPrefix(segments, folder.split('/')),
  };
}

function checkSegment(pattern: string, segment: string): void {
  if (segment === '') refuse(pattern, 'has an empty segment');
  if (segment === '.' || segment === '..') refuse(pattern, 'has a dot segment');
  if (segment !== '**' && segment.includes('**')) refuse(pattern, 'has "**" next to other characters');
  if (/[[\]{}!\\]/u.test(segment)) {
    refuse(pattern, 'holds one of [ ] { } ! \\, which are reserved', 'write ? for the character');
  }
}

function refuse(pattern: string, why: string, hint?: string): never {
  throw new ArtifactError(
    'ERR_ARTIFACT_PATTERN',
    `the pattern ${quote(pattern)} ${why}`,
    hint === undefined ? {} : { hint },
  );
}

function matchPrefix(pattern: readonly string[], folder: readonly string[]): boolean {
  for (const [index, segment] of folder.entries()) {
    const part = pattern[index];
    if (part === '**') return true;
    if (part === undefined || !matchSegment(part, segment)) return false;
  }
  return folder.length < pattern.length;
}

function matchSegment(pattern: string, segment: string): boolean {
  return matchSequence(
    Array.from(pattern),
    Array.from(segment),
    '*',
    (part, character) => part === '?' || part === character,
  );
}

/**
 * Matches items against parts, where the part `many` stands for any run of items. After a mismatch only the last
 * `many` seen has to give way (an earlier one could not reach further), so there is no exponential case.
 */
function matchSequence(
  parts: readonly string[],
  items: readonly string[],
  many: string,
  matchOne: (part: string, item: string) => boolean,
): boolean {
  let part = 0;
  let afterMany = -1;
  let retry = 0;
  for (let item = 0; item < items.length;) {
    const expected = parts[part];
    const actual = items[item] ?? '';
    if (expected === many) {
      afterMany = part += 1;
      retry = item;
    } else if (expected !== undefined && matchOne(expected, actual)) {
      part += 1;
      item += 1;
    } else if (afterMany === -1) {
      return false;
    } else {
      part = afterMany;
      item = retry += 1;
    }
  }
  return parts.slice(part).every((rest) => rest === many);
}

export { ArtifactError } from './errors.ts';
