import { type MalformedCode, MalformedError } from './errors.ts';

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const WHITESPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const LITERALS: readonly string[] = ['true', 'false', 'null'];
/** At and above this, ECMAScript (and RFC 8785) writes a number with an exponent: no reader takes it for an integer. */
const EXPONENT_FROM = 1e21;

/**
 * Reads a whole JSON text for its verdict alone, and says where it is wrong; the first fault in the order of the text
 * is the one reported.
 *
 * @throws {MalformedError} every `ERR_JSON_*` code but those of the encoding.
 */
export function checkJson(text: string, depth: number): void {
  const checker = new JsonChecker(text, depth);
  checker.document();
}

/** Whether a number would be written as an integer that a reader with 64-bit floats cannot tell from its neighbours. */
export function isLossyInteger(value: number): boolean {
  const size = Math.abs(value);
  return size > Number.MAX_SAFE_INTEGER && size < EXPONENT_FROM;
}

/** Recursive descent over RFC 8259's grammar; the path to the current value is kept for the pointer. */
class JsonChecker {
  readonly #text: string;
  readonly #depth: number;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string, depth: number) {
    this.#text = text;
    this.#depth = depth;
  }

  document(): void {
    this.#skipWhitespace();
    this.#value();
    this.#skipWhitespace();
    if (this.#at < this.#text.length) this.#fail('ERR_JSON_SYNTAX', 'something follows the JSON value');
  }

  #value(): void {
    const first = this.#text[this.#at];
    if (first === '{') this.#nested('}', () => this.#members());
    else if (first === '[') this.#nested(']', () => this.#items());
    else if (first === '"') this.#string();
    else if (first !== undefined && (first === '-' || (first >= '0' && first <= '9'))) this.#number();
    else this.#literal();
  }

  #nested(close: string, content: () => void): void {
    if (this.#path.length >= this.#depth) {
      this.#fail('ERR_JSON_DEPTH', `nested deeper than ${this.#depth}`);
    }
    this.#at += 1;
    this.#skipWhitespace();
    if (this.#text[this.#at] !== close) content();
    this.#expect(close);
  }

  #members(): void {
    const seen = new Set<string>();
    do {
      this.#skipWhitespace();
      if (this.#text[this.#at] !== '"') this.#fail('ERR_JSON_SYNTAX', 'expected a name in quotes');
      const name = this.#string();
      this.#path.push(name);
      if (seen.has(name)) this.#fail('ERR_JSON_DUPLICATE_KEY', 'the name stands twice in one object');
      seen.add(name);
      this.#skipWhitespace();
      this.#expect(':');
      this.#skipWhitespace();
      this.#value();
      this.#path.pop();
      this.#skipWhitespace();
    } while (this.#took(','));
  }

  #items(): void {
    let index = 0;
    do {
      this.#path.push(index);
      this.#skipWhitespace();
      this.#value();
      this.#path.pop();
      this.#skipWhitespace();
      index += 1;
    } while (this.#took(','));
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit === 0x22) break;
      // NaN, past the end, compares false.
      if (!(unit >= 0x20))
        this.#fail('ERR_JSON_SYNTAX', 'a string is not closed or holds a control character');
      if (unit === 0x5c) this.#match(ESCAPE, 'an escape that JSON does not have');
      else this.#at += 1;
    }
    this.#at += 1;
    const text = this.#text.slice(start + 1, this.#at - 1);
    return text.includes('\\') ? this.#unescape(start) : text;
  }

  #unescape(start: number): string {
    const value: unknown = JSON.parse(this.#text.slice(start, this.#at));
    const string = String(value);
    if (!string.isWellFormed()) this.#fail('ERR_JSON_SURROGATE', 'half of a surrogate pair');
    return string;
  }

  #number(): void {
    const [literal, fraction, exponent] = this.#match(NUMBER, 'not a number');
    const value = Number(literal);
    if (!Number.isFinite(value)) this.#fail('ERR_JSON_NUMBER', 'not a finite number');
    const isInteger = fraction === undefined && exponent === undefined;
    if (isLossyInteger(value) || (isInteger && !Number.isSafeInteger(value))) {
      this.#fail('ERR_JSON_NUMBER', 'an integer beyond 2^53 - 1, which readers round differently');
    }
  }

  #literal(): void {
    const word = LITERALS.find((literal) => this.#text.startsWith(literal, this.#at));
    if (word === undefined) this.#fail('ERR_JSON_SYNTAX', 'expected a value');
    this.#at += word.length;
  }

  #skipWhitespace(): void {
    this.#match(WHITESPACE, '');
  }

  #match(pattern: RegExp, otherwise: string): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) this.#fail('ERR_JSON_SYNTAX', otherwise);
    this.#at = pattern.lastIndex;
    return match;
  }

  #took(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string): void {
    if (!this.#took(character)) this.#fail('ERR_JSON_SYNTAX', `expected ${character}`);
  }

  #fail(code: MalformedCode, message: string): never {
    const pointer = this.#path.reduce((joined: string, token) => joinPointer(joined, token), '');
    throw new MalformedError(code, pointer, `${message} (character ${this.#at})`);
  }
}

/** Appends one name or index to a JSON pointer (RFC 6901). */
export function joinPointer(pointer: string, token: string | number): string {
  const text = String(token);
  const isPlain = !text.includes('~') && !text.includes('/');
  return `${pointer}/${isPlain ? text : text.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
