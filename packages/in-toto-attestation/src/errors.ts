/**
 * Base class of every error that this toolchain throws on purpose. `code` is stable and comes from a closed
 * union; `message` is for people and may change. Neither ever holds key material or a payload.
 */
export abstract class DanubeError<Code extends string = string> extends Error {
  readonly code: Code;
  /** What the user can do about it, where we know. */
  readonly hint: string | undefined;

  constructor(
    code: Code,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.name = new.target.name;
  }
}

/** Every way in which untrusted bytes can fail to be the document that was expected. */
export const MALFORMED_CODES = [
  'ERR_JSON_UTF8', // not valid UTF-8
  'ERR_JSON_BOM', // starts with a byte order mark
  'ERR_JSON_SYNTAX', // not JSON
  'ERR_JSON_DUPLICATE_KEY', // an object holds one name twice
  'ERR_JSON_SURROGATE', // a string holds half of a surrogate pair
  'ERR_JSON_NUMBER', // an integer beyond 2^53 - 1, or a number that is not finite
  'ERR_JSON_DEPTH', // nested deeper than LIMITS.depth
  'ERR_BASE64', // not exactly standard or URL-safe base64
  'ERR_HEX', // not lower-case hex of the algorithm's length
  'ERR_TYPE', // another JSON type than expected
  'ERR_MISSING', // a required field is absent
  'ERR_VALUE', // a value outside what the field allows
  'ERR_UNKNOWN_FIELD', // a field where the specification allows none
  'ERR_DUPLICATE', // two entries where one is allowed
  'ERR_LIMIT', // more than LIMITS allows
] as const;

export type MalformedCode = (typeof MALFORMED_CODES)[number];

/** Untrusted bytes that are not the document that was expected; `pointer` (RFC 6901) says where. */
export class MalformedError extends DanubeError<MalformedCode> {
  /** JSON pointer to the value at fault; the empty string is the whole document. */
  readonly pointer: string;

  constructor(
    code: MalformedCode,
    pointer: string,
    message: string,
    options?: { readonly hint?: string; readonly cause?: unknown },
  ) {
    super(code, pointer === '' ? message : `${pointer}: ${message}`, options);
    this.pointer = pointer;
  }
}
