import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LIMITS, encodeJsonLines, parseEnvelope, parseJsonLines } from '../src/index.ts';
import { assertMalformed, bytes, envelope, text } from './documents.ts';

describe('parseJsonLines', () => {
  it('counts lines from 1, blank ones too, and leaves those out', () => {
    const lines = parseJsonLines(bytes('\n{"a":1}\r\n  \t\r\n[2]\n3'));
    assert.deepEqual(lines, [
      { line: 2, value: { a: 1 } },
      { line: 4, value: [2] },
      { line: 5, value: 3 },
    ]);
    assert.deepEqual(parseJsonLines(new Uint8Array()), []);
  });

  it('gives a broken line its error, and lets it spoil no other', () => {
    const [first, second, third] = parseJsonLines(bytes('{"a":1,"a":2}\n1\n{'));
    assert.ok(first && 'error' in first && first.error.code === 'ERR_JSON_DUPLICATE_KEY' && first.line === 1);
    assert.deepEqual(second, { line: 2, value: 1 });
    assert.ok(third && 'error' in third && third.error.code === 'ERR_JSON_SYNTAX' && third.line === 3);
  });

  it('gives invalid UTF-8 an error on its own line', () => {
    const [broken, good] = parseJsonLines(Uint8Array.from([0x22, 0xff, 0x22, 0x0a, 0x31]));
    assert.ok(broken && 'error' in broken && broken.error.code === 'ERR_JSON_UTF8');
    assert.deepEqual(good, { line: 2, value: 1 });
  });

  it('rejects one line more than the limit, not counting blank ones', () => {
    assert.equal(parseJsonLines(bytes('1\n\n'.repeat(LIMITS.lines))).length, LIMITS.lines);
    assertMalformed(() => parseJsonLines(bytes('1\n'.repeat(LIMITS.lines + 1))), 'ERR_LIMIT', '');
  });

  it('rejects one byte more than the limit, and a line longer than an envelope may be', () => {
    const atLimit = new Uint8Array(LIMITS.jsonLinesBytes).fill(0x20);
    assert.deepEqual(parseJsonLines(atLimit), []);
    assertMalformed(() => parseJsonLines(new Uint8Array(LIMITS.jsonLinesBytes + 1)), 'ERR_LIMIT', '');
    const [line] = parseJsonLines(new Uint8Array(LIMITS.envelopeBytes + 1).fill(0x31));
    assert.ok(line && 'error' in line && line.error.code === 'ERR_LIMIT');
  });
});

describe('encodeJsonLines', () => {
  it('writes one envelope a line, each line ended', () => {
    const one = parseEnvelope(bytes(envelope));
    assert.equal(text(encodeJsonLines([one, one])), `${JSON.stringify(envelope)}\n`.repeat(2));
    assert.equal(encodeJsonLines([]).length, 0);
  });
});
