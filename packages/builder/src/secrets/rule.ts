import { markGroups } from './anchors.ts';

/** One shape of credential. */
export interface Rule {
  /** Name of the rule in messages and allow-lists. */
  readonly id: string;
  /** What it finds, for people. */
  readonly what: string;
  /** Text without any of these cannot match: a look for a plain substring is many times faster than the pattern. */
  readonly anchors: readonly string[];
  /**
   * Global. Linear in the length of any text: what has no upper bound either ends the pattern or starts only where
   * the character before cannot belong to it.
   */
  readonly pattern: RegExp;
  /** A further look at what the pattern found. */
  readonly isSecret?: (found: string) => boolean;
}

/** A credential in a text: from `start` up to `end`; `from` is where the words begin that tell what it is. */
export interface Match {
  readonly rule: string;
  readonly start: number;
  readonly end: number;
  readonly from: number;
}

/** Below this a look for each anchor costs less than a look at each character. */
const SHORT_TEXT = 4096;

/** Every place where one of the rules finds something. */
export function matchRules(rules: readonly Rule[], text: string): Match[] {
  const mayContain = text.length < SHORT_TEXT ? (): boolean => true : markGroups(text);
  return rules.flatMap((rule) =>
    rule.anchors.some((anchor) => mayContain(anchor) && text.includes(anchor)) ? matchRule(rule, text) : [],
  );
}

function matchRule({ id, pattern, isSecret }: Rule, text: string): Match[] {
  const matches: Match[] = [];
  for (const { 0: found, index } of text.matchAll(pattern)) {
    if (isSecret !== undefined && !isSecret(found)) continue;
    matches.push({ rule: id, start: index, end: index + found.length, from: index });
  }
  return matches;
}
