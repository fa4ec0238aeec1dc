import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { printable } from '../src/index.ts';

/** The other way round. */
function unescape(text: string): string {
  return text.replaceAll(/\\u\{([0-9a-f]+)\}/g, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

describe('printable', () => {
  it('leaves text alone that anybody can read', () => {
    for (const text of ['', 'app-1.2.0.tgz', 'größe/日本語 é', 'C:\\temp', '\\u1b', '{"a": [1]}', '🚀']) {
      assert.equal(printable(text), text);
    }
  });

  for (const [what, text, escaped] of [
    ['a terminal escape', '\u001b[2K', '\\u{1b}[2K'],
    ['an 8-bit terminal escape', '\u009b31m', '\\u{9b}31m'],
    ['line breaks and tabs', 'a\r\n\tb', 'a\\u{d}\\u{a}\\u{9}b'],
    ['delete and null', '\u007f\0', '\\u{7f}\\u{0}'],
    ['a right-to-left override', 'gpj\u202e.exe', 'gpj\\u{202e}.exe'],
    ['isolates', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['zero width', 'a\u200bb\u200dc\ufeffd\u2060', 'a\\u{200b}b\\u{200d}c\\u{feff}d\\u{2060}'],
    ['soft hyphen', 'a\u00adb', 'a\\u{ad}b'],
    ['line and paragraph separators', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['tag characters', '\u{e0041}', '\\u{e0041}'],
    ['variation selectors', '\ufe0f\u{e0100}', '\\u{fe0f}\\u{e0100}'],
    ['Hangul fillers', '\u3164\uffa0', '\\u{3164}\\u{ffa0}'],
    ['private use', '\ue000\u{f0000}', '\\u{e000}\\u{f0000}'],
    ['halves of surrogate pairs', '\ud800x\udc00', '\\u{d800}x\\u{dc00}'],
    ['what looks like an escape', '\\u{1b}', '\\u{5c}u{1b}'],
  ] as const) {
    it(`escapes ${what}`, () => assert.equal(printable(text), escaped));
  }

  it('leaves nothing behind that it would escape, and no two texts look alike', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const printed = printable(text);
        assert.doesNotMatch(printed, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        assert.equal(unescape(printed), text);
      }),
      { numRuns: 2000 },
    );
  });
});
