/** What a registry asks for with 401 (RFC 9110, 11.6.1; distribution token specification). */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service?: string };

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
/** Of a whole header. */
const MAX_LENGTH = 8_192;

/**
 * The challenge that a client should answer: Bearer where there is one, else Basic. Undefined when there is neither, or
 * when the header cannot be read: then nothing is answered.
 */
export function parseChallenges(header: string): Challenge | undefined {
  if (header.length > MAX_LENGTH) return undefined;
  const challenges = [...readChallenges(header)];
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  const realm = bearer?.parameters.get('realm');
  if (realm !== undefined) {
    const service = bearer?.parameters.get('service');
    return { scheme: 'bearer', realm, ...(service === undefined ? {} : { service }) };
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : undefined;
}

interface RawChallenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/** Commas part challenges as well as their parameters, and stand in quoted values: one pass from left to right. */
function* readChallenges(header: string): Generator<RawChallenge> {
  let current: RawChallenge | undefined;
  let at = skip(header, 0);
  while (at < header.length) {
    const name = match(TOKEN, header, at);
    if (name === undefined) return;
    at += name[0].length;
    if (current !== undefined && header[at] === '=') {
      const value = match(QUOTED, header, at + 1) ?? match(TOKEN, header, at + 1);
      if (value === undefined) return;
      at += 1 + value[0].length;
      const key = name[0].toLowerCase();
      // A second one is what somebody else would read.
      if (current.parameters.has(key)) return;
      current.parameters.set(key, value[1]?.replaceAll(/\\(.)/g, '$1') ?? value[0]);
    } else {
      if (current !== undefined) yield current;
      current = { scheme: name[0].toLowerCase(), parameters: new Map() };
    }
    at = skip(header, at);
  }
  if (current !== undefined) yield current;
}

function skip(header: string, from: number): number {
  let at = from;
  while (header[at] === ' ' || header[at] === ',' || header[at] === '\t') at += 1;
  return at;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
