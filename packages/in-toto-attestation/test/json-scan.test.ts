import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';

import { MalformedError } from '../src/index.ts';
import { parseCarefully, parseQuickly } from '../src/json.ts';

/** Pieces of JSON that meet at every edge the scan has an opinion on. */
const PIECES: readonly string[] = [
  [
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '\\',
    '\\"',
    '\\\\',
    '"a"',
    '"a":',
    '"b":',
    '"\\u0061":',
    '"__proto__":',
  ],
  [
    '1',
    '0',
    '-',
    '.5',
    'e5',
    'E+400',
    '9007199254740991',
    '9007199254740992',
    '123456789012345',
    '1e21',
    '1e20',
  ],
  [
    'true',
    'false',
    'null',
    ' ',
    '\n',
    '\t',
    '\u0000',
    '\u2028',
    'é',
    '😀',
    '\\ud83d\\ude00',
    '\\ud800',
    '\\udc00',
  ],
  [
    '"{"',
    '":"',
    '"[[["',
    '"\\\\":',
    '""',
    '"":',
    '{}',
    '[]',
    '{"a":1}',
    '{"a":1,"a":2}',
    '/',
    '\\/',
    '\\u0000',
  ],
].flat();

const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join(''));
const document = fc.json({ maxDepth: 4 });
const mutated = fc
  .tuple(document, fc.nat(), fc.constantFrom(...PIECES), fc.nat({ max: 3 }))
  .map(([json, at, piece, cut]) => {
    const place = at % (json.length + 1);
    return json.slice(0, place) + piece + json.slice(place + cut);
  });
/** An object of few names, so that they meet. */
const repetitive = fc
  .array(
    fc.tuple(
      fc.constantFrom('"a"', '"\\u0061"', '"b"', '"__proto__"'),
      fc.constantFrom('1', '{"a":1}', '":"'),
    ),
  )
  .map((members) => `{${members.map((member) => member.join(':')).join(',')}}`);

function carefully(text: string, depth: number): { value: unknown } | { error: MalformedError } {
  try {
    return { value: parseCarefully(text, depth) };
  } catch (error) {
    assert.ok(error instanceof MalformedError, `${text}: ${String(error)}`);
    return { error };
  }
}

function agree(text: string, depth: number): boolean {
  const quick = parseQuickly(text, depth);
  if (quick !== undefined) assert.deepEqual(carefully(text, depth), { value: quick }, text);
  return quick !== undefined;
}

describe('the quick reader', () => {
  for (const [name, texts] of Object.entries({ soup, mutated, document, repetitive })) {
    it(`says yes only to what the careful reader reads equal: ${name}`, () => {
      fc.assert(
        fc.property(texts, fc.integer({ min: 1, max: 6 }), (text, depth) => {
          agree(text, depth);
        }),
        { numRuns: 8000 },
      );
    });
  }

  it('says yes to plain documents of any layout, so that the careful reader is the exception', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 3, values: [fc.string(), fc.boolean(), fc.integer()] }), (value) => {
        for (const space of [0, 2]) {
          const text = JSON.stringify(value, null, space);
          // What looks like an escaped surrogate is left to the careful reader.
          fc.pre(!/\\u[dD]/.test(text));
          assert.ok(agree(text, 64));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('says yes to what is as deep as the limit, and to any number of things beside each other', () => {
    assert.ok(agree('[[1],[2],{"a":3},{"a":4}]', 2));
    assert.ok(!agree('[[[1]]]', 2));
  });

  it('says yes to numbers of fifteen digits, and leaves longer ones to the careful reader', () => {
    assert.ok(agree(`[${'9'.repeat(15)}]`, 2));
    assert.ok(!agree(`[${'9'.repeat(16)}]`, 2));
  });

  it('finds the end of a string behind any number of backslashes', () => {
    for (let count = 0; count < 9; count += 1) {
      agree(`{"a":"${'\\'.repeat(count)}","b":1}`, 4);
      agree(`{"a":"${'x'.repeat(60)}${'\\'.repeat(count)}","a":"${'\\'.repeat(count)}"}`, 4);
    }
  });
});

describe('the careful reader', () => {
  it('takes a subset of what native JSON.parse takes', () => {
    fc.assert(
      fc.property(fc.oneof(soup, mutated), (text) => {
        const verdict = carefully(text, 64);
        if ('value' in verdict) assert.deepEqual(JSON.parse(text), verdict.value);
        else if (verdict.error.code === 'ERR_JSON_SYNTAX') assert.throws(() => JSON.parse(text), SyntaxError);
      }),
      { numRuns: 8000 },
    );
  });
});
