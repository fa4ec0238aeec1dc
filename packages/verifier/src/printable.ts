/**
 * What a terminal, a log or a reader could take for something else: control characters (line breaks too), bidirectional
 * and other format characters, everything that is drawn as nothing, line separators, private use, halves of surrogate
 * pairs; and a backslash that would make plain text look like one of our escapes.
 */
const UNPRINTABLE = (): RegExp =>
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]|\\(?=u\{)/gu;

/** Printable ASCII without a backslash: nearly every text, and it costs nothing at start-up. */
const PLAIN = /^[ -[\]-~]*$/;

/**
 * Text from evidence as one line that is safe to print: characters that control a terminal, turn the reading direction
 * or are invisible become `\u{…}` with their code point in hex. Two different texts never print alike by an escape.
 * Never throws.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNPRINTABLE(), (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
