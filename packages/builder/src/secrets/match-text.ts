import { matchAssignments } from './assignments.ts';
import { type Budget, decodeEscapes, decodeUrl, findBase64, type Hidden, joinLines } from './layers.ts';
import { PRIVATE_KEY_RULES } from './private-keys.ts';
import { type Match, matchRules } from './rule.ts';
import { TOKEN_RULES } from './token-rules.ts';

/** How many encodings are undone, one in the other: base64, URL and gzip count, escapes and line ends do not. */
const MAX_LAYERS = 2;

const RULES = [...PRIVATE_KEY_RULES, ...TOKEN_RULES];

/** What each rule finds, by its name. */
export const RULE_NAMES: ReadonlyMap<string, string> = new Map([
  ...RULES.map(({ id, what }) => [id, what] as const),
  ['named-secret', 'value of a name that tells that it is a secret'],
  ['url-credential', 'user or password in a URL'],
  ['http-credential', 'credential of an HTTP request'],
  ['too-much-encoded', 'more encoded data than can be looked into'],
]);

/**
 * Every credential in a text, also below encodings; then the match is the encoded run.
 *
 * @param layers how many encodings were undone to get at the text.
 */
export function matchText(text: string, budget: Budget, layers: number = 0): Match[] {
  const matches = [...matchRules(RULES, text), ...matchAssignments(text)];
  if (layers >= MAX_LAYERS) return matches;
  for (const { start, end, hidden } of findBase64(text, budget)) {
    const rule = ruleOf(hidden, budget, layers);
    if (rule !== undefined) matches.push({ rule, start, end, from: start });
  }
  return matches;
}

function ruleOf(hidden: Hidden, budget: Budget, layers: number): string | undefined {
  if (hidden.kind === 'private-key') return 'private-key';
  if (hidden.kind === 'too-large') return 'too-much-encoded';
  return firstRule(hidden.text, budget, layers + hidden.layers);
}

/** The first rule that finds something in a text as it is, or in what it is when its encoding is undone. */
function firstRule(text: string, budget: Budget, layers: number): string | undefined {
  const [match] = matchText(text, budget, layers);
  if (match !== undefined) return match.rule;
  for (const variant of variantsOf(text)) {
    if (layers + variant.layers > MAX_LAYERS) continue;
    const [found] = matchText(variant.text, budget, layers + variant.layers);
    if (found !== undefined) return found.rule;
  }
  return undefined;
}

export interface Variant {
  readonly text: string;
  readonly layers: number;
}

/** What a text may be as a whole once escapes, line ends and URL encoding are undone; not the text itself. */
export function variantsOf(text: string): Variant[] {
  const variants: Variant[] = [];
  const add = (variant: string | undefined, layers: number): void => {
    if (variant !== undefined && variant !== text) variants.push({ text: variant, layers });
  };
  const unescaped = decodeEscapes(text);
  const twice = unescaped === undefined ? undefined : decodeEscapes(unescaped);
  for (const plain of [text, unescaped, twice]) {
    if (plain === undefined) continue;
    if (plain !== text) add(plain, 0);
    add(joinLines(plain), 0);
  }
  const once = decodeUrl(text);
  if (once !== undefined) {
    add(once, 1);
    add(joinLines(once), 1);
    const again = decodeUrl(once);
    if (again !== undefined && again !== once) {
      add(again, 2);
      add(joinLines(again), 2);
    }
  }
  return variants;
}
