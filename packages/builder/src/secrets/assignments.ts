import type { Match } from './rule.ts';
import { isTellingValue, NAME_LENGTH, tellName } from './telling-name.ts';

const [EQUALS, COLON, SLASH, DASH] = [61, 58, 47, 45];
const VALUE_LENGTH = 4096;
/** What may enclose a value; escaped once more where JSON stands in a string. */
const ENCLOSING = /[ \t\r\n"'\\>]/;
const VALUE_END = /[\s"'\\,;&<>]/g;
const URL_END = /[\s"'\\<>`{}|^/?#]/g;

/**
 * Secrets that are told by what stands before them: `NAME=value`, `"name": "value"`, `--name value`,
 * `scheme://user:password@host`, `Authorization: Basic ...`, `-u user:password`. Linear: looks back have a limit, and
 * what was looked through ahead is not looked through again.
 */
export function matchAssignments(text: string): Match[] {
  const reader = new Reader(text);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === EQUALS || code === COLON) index = Math.max(index, reader.readSeparator(index, code));
    else if (code === DASH && text.charCodeAt(index + 1) === DASH) {
      reader.readFlag(index);
      while (text.charCodeAt(index + 1) === DASH) index += 1;
    }
  }
  return [...reader.matches, ...matchHeaders(text), ...matchUsers(text)];
}

class Reader {
  readonly matches: Match[] = [];
  readonly #text: string;
  readonly #valueEnd: (start: number) => number;
  readonly #urlEnd: (start: number) => number;

  constructor(text: string) {
    this.#text = text;
    this.#valueEnd = nextPlace(text, VALUE_END);
    this.#urlEnd = nextPlace(text, URL_END);
  }

  /** Returns where to go on. */
  readSeparator(index: number, code: number): number {
    const text = this.#text;
    const isUrl =
      code === COLON && text.charCodeAt(index + 1) === SLASH && text.charCodeAt(index + 2) === SLASH;
    return isUrl ? this.#readUserInformation(index) : this.#readAssignment(index);
  }

  #readAssignment(separator: number): number {
    const name = nameBefore(this.#text, separator);
    return name === undefined ? separator : this.#readValue(name.text, name.start, separator + 1);
  }

  /** `--password value` */
  readFlag(dashes: number): void {
    const text = this.#text;
    let end = dashes + 2;
    while (end - dashes < NAME_LENGTH && isNameCode(text.charCodeAt(end))) end += 1;
    if (text.charAt(end) === ' ' && text.charCodeAt(end + 1) !== DASH) {
      this.#readValue(text.slice(dashes + 2, end), dashes, end + 1);
    }
  }

  #readValue(name: string, from: number, after: number): number {
    const telling = tellName(name);
    if (telling === undefined) return from;
    let start = after;
    while (start < after + 7 && ENCLOSING.test(this.#text.charAt(start))) start += 1;
    const end = this.#valueEnd(start);
    if (end - start > VALUE_LENGTH || !isTellingValue(telling, this.#text.slice(start, end))) return from;
    this.matches.push({ rule: 'named-secret', start, end, from });
    return end - 1;
  }

  /** A password, or a user that is a token, before the host of a URL. */
  #readUserInformation(colon: number): number {
    const start = colon + 3;
    const end = Math.min(this.#urlEnd(start), start + VALUE_LENGTH);
    const authority = this.#text.slice(start, end);
    const at = authority.lastIndexOf('@');
    if (at <= 0 || !isUserSecret(authority.slice(0, at))) return colon;
    this.matches.push({ rule: 'url-credential', start, end: start + at, from: Math.max(0, colon - 16) });
    return start + at;
  }
}

/** The place of the next match at or behind a start that only grows; the text is read once. */
function nextPlace(text: string, pattern: RegExp): (start: number) => number {
  const ends = new RegExp(pattern);
  let found = -1;
  return (start) => {
    if (found < start) {
      ends.lastIndex = start;
      found = ends.exec(text)?.index ?? text.length;
    }
    return found;
  };
}

/** The name before a separator, without the quotes that may enclose it. */
function nameBefore(text: string, separator: number): { text: string; start: number } | undefined {
  let end = separator;
  while (end > separator - 6 && end > 0 && ENCLOSING.test(text.charAt(end - 1))) end -= 1;
  let start = end;
  while (start > 0 && end - start <= NAME_LENGTH && isNameCode(text.charCodeAt(start - 1))) start -= 1;
  if (end - start < 3 || end - start > NAME_LENGTH) return undefined;
  return { text: text.slice(start, end), start };
}

function isNameCode(code: number): boolean {
  const lower = code | 32;
  return (
    (lower >= 97 && lower <= 122) || (code >= 48 && code <= 57) || code === 95 || code === 45 || code === 46
  );
}

function isUserSecret(user: string): boolean {
  const divider = user.indexOf(':');
  return divider === -1 ? isTellingValue('weak', user) : isUrlPassword(user.slice(divider + 1));
}

const NO_PASSWORD = /^(?:\*+|x+|\$.*|%[A-Z_]+%|<.*>|\{.*|\[?redacted\]?|password|pass|pw|\.{3})?$/i;

function isUrlPassword(password: string): boolean {
  return !NO_PASSWORD.test(password);
}

const HEADER =
  /(?<![A-Za-z])(?:(?:bearer|token) {1,4}([\w.~+/=-]{16,8192})|basic {1,4}([A-Za-z0-9+/_-]{8,4096}={0,2}))/gi;

const SCHEME_ENDS = ['earer ', 'EARER ', 'asic ', 'ASIC ', 'oken ', 'OKEN '];

/** `Authorization: Bearer ...` and `Basic ...` (RFC 6750, RFC 7617), with or without the header's name. */
function matchHeaders(text: string): Match[] {
  if (!SCHEME_ENDS.some((end) => text.includes(end))) return [];
  return [...text.matchAll(HEADER)].flatMap((found) => {
    const [whole, token, basic = ''] = found;
    const isSecret = token === undefined ? isBasicCredential(basic) : isTellingValue('weak', token);
    return isSecret ? [credentialAt(found.index, whole, token ?? basic)] : [];
  });
}

const USER =
  /(?:^|[\s"'])(?:-u|--user|--proxy-user|--creds|--auth)[ =]["']?[^\s:"'$]{1,128}:([^\s"']{3,256})/g;

/** `curl -u user:password` */
function matchUsers(text: string): Match[] {
  if (!text.includes('-u') && !text.includes('--')) return [];
  return [...text.matchAll(USER)].flatMap((found) => {
    const [whole, password = ''] = found;
    return isTellingValue('strong', password) ? [credentialAt(found.index, whole, password)] : [];
  });
}

/** A credential at the end of what was found. */
function credentialAt(index: number, whole: string, credential: string): Match {
  const end = index + whole.length;
  return { rule: 'http-credential', start: end - credential.length, end, from: index };
}

/** RFC 7617: user, colon, password in base64. */
function isBasicCredential(base64: string): boolean {
  return /^[ -~]{1,256}:[ -~]{1,1024}$/.test(Buffer.from(base64, 'base64').toString('latin1'));
}
