const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
/** Every integer of up to 15 digits is exact. */
const EXACT_DIGITS = 15;

/**
 * One pass over the bytes of a document: how many colons stand outside of strings. `undefined` means that something
 * asks for a closer look: deep nesting, a long or scaled number, an escaped surrogate, an open string.
 * It does not check the syntax; that is native JSON.parse's part.
 */
export function scanJson(bytes: Uint8Array, text: string, depth: number): number | undefined {
  if (text.includes('\\u') && SURROGATE_ESCAPE.test(text)) return undefined;
  const ascii = bytes.length === text.length;
  const end = bytes.length;
  let colons = 0;
  let level = 0;
  let digits = 0;
  for (let at = 0; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    if (byte >= 0x30 && byte <= 0x39) {
      digits += 1;
      if (digits > EXACT_DIGITS) return undefined;
      continue;
    }
    if (byte === QUOTE) {
      at = stringEnd(bytes, text, at + 1, ascii);
      if (at < 0) return undefined;
    } else if (byte === 0x3a) {
      colons += 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      level += 1;
      if (level > depth) return undefined;
    } else if (byte === 0x7d || byte === 0x5d) {
      level -= 1;
    } else if (digits > 0 && (byte === 0x65 || byte === 0x45)) {
      return undefined;
    }
    digits = 0;
  }
  return colons;
}

/** Short strings are walked; from here on the call into native code pays. */
const WALK = 48;

/** Offset of the quote that closes the string whose text starts at `start`, or -1. */
function stringEnd(bytes: Uint8Array, text: string, start: number, ascii: boolean): number {
  let at = start;
  const walkEnd = Math.min(start + WALK, bytes.length);
  while (at < walkEnd) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    at += byte === BACKSLASH ? 2 : 1;
  }
  return ascii ? nativeEnd(bytes, text, at) : nativeEnd(bytes, bytes, at);
}

function nativeEnd(bytes: Uint8Array, within: string | Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    at = typeof within === 'string' ? within.indexOf('"', at) : within.indexOf(QUOTE, at);
    if (at < 0 || !isEscaped(bytes, at, start)) return at;
    at += 1;
  }
}

/** An odd number of backslashes before the byte; none of those before `start` is open. */
function isEscaped(bytes: Uint8Array, at: number, start: number): boolean {
  let first = at;
  while (first > start && bytes[first - 1] === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}
