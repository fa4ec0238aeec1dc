/**
 * Patterns for identities and issuers: exact text; `*` for any characters but `/` and `@`; `**` for any characters. The
 * whole text must match, and every other character means itself. Matching takes time linear in the text.
 */

/** More than any identity has; bounds the work of one match. In UTF-16 units. */
const PATTERN_LENGTH = 2000;

/** Why the text cannot be a pattern; `undefined` when it can. */
export function patternProblem(pattern: string): string | undefined {
  if (pattern.length > PATTERN_LENGTH) return `is longer than ${PATTERN_LENGTH} characters`;
  if (!pattern.includes('*')) return undefined;
  if (pattern.includes('***')) return 'holds more than two * in a row';
  if (/^[*/@:.]*$/.test(pattern)) return 'matches anything';
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/]*)/i.exec(pattern)?.[1];
  if (authority?.includes('*')) return 'has a * in the host, which must be exact';
  if (authority === undefined && !/^\*@[^*]+$/.test(pattern)) {
    return 'has a * and is neither a URI with its host nor *@ and a mail domain';
  }
  return undefined;
}

type Token = '*' | '**' | { readonly literal: string };

/** Whether the whole text matches the pattern. */
export function matchPattern(pattern: string, text: string): boolean {
  if (!pattern.includes('*')) return pattern === text;
  const tokens = (pattern.match(/\*\*|\*|[^*]/gu) ?? []).map(toToken);
  let states = reach(tokens, new Set([0]));
  for (const character of text) {
    const next = new Set<number>();
    for (const state of states) {
      const token = tokens[state];
      if (token === undefined || !accepts(token, character)) continue;
      next.add(typeof token === 'string' ? state : state + 1);
    }
    if (next.size === 0) return false;
    states = reach(tokens, next);
  }
  return states.has(tokens.length);
}

function toToken(text: string): Token {
  return text === '*' || text === '**' ? text : { literal: text };
}

function accepts(token: Token, character: string): boolean {
  if (token === '**') return true;
  if (token === '*') return character !== '/' && character !== '@';
  return token.literal === character;
}

/** A wildcard may stand for nothing: where it can be, what follows it can be as well. */
function reach(tokens: readonly Token[], states: Set<number>): Set<number> {
  for (const state of states) if (typeof tokens[state] === 'string') states.add(state + 1);
  return states;
}
