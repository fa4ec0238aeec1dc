const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
/** Every integer of up to 15 digits is exact. */
const EXACT_DIGITS = 15;

/**
 * One pass over the text of a document: how many colons stand outside of strings. `undefined` means that something
 * asks for a closer look: deep nesting, a long or scaled number, an escaped surrogate, an open string.
 * It does not check the syntax; that is native JSON.parse's part.
 */
export function scanJson(text: string, depth: number): number | undefined {
  if (text.includes('\\u') && SURROGATE_ESCAPE.test(text)) return undefined;
  let colons = 0;
  let level = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === SPACE) {
      digits = 0;
      continue;
    }
    if (unit >= 0x30 && unit <= 0x39) {
      digits += 1;
      if (digits > EXACT_DIGITS) return undefined;
      continue;
    }
    if (unit === QUOTE) {
      at = closingQuote(text, at + 1);
      if (at === -1) return undefined;
    } else if (unit === 0x3a) {
      colons += 1;
    } else if (unit === 0x7b || unit === 0x5b) {
      level += 1;
      if (level > depth) return undefined;
    } else if (unit === 0x7d || unit === 0x5d) {
      level -= 1;
    } else if (digits > 0 && (unit === 0x65 || unit === 0x45)) {
      return undefined;
    }
    digits = 0;
  }
  return colons;
}

/** Offset of the quote that closes the string whose text starts at `start`, or -1. */
function closingQuote(text: string, start: number): number {
  let at = text.indexOf('"', start);
  while (text.charCodeAt(at - 1) === BACKSLASH && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at;
}

/** An odd number of backslashes stands before the character; before all of them stands at least the quote that opens. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}
