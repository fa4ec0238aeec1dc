import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { DocumentError, parsePolicy } from '../../src/documents/index.ts';
import { parseYaml } from '../../src/documents/policy/yaml.ts';

const parse = (text: string): unknown => parseYaml(new TextEncoder().encode(text), 'ERR_POLICY');

describe('parseYaml', () => {
  it('reads what JSON would read, from JSON', () => {
    const plain = fc.dictionary(
      fc.stringMatching(/^[a-zA-Z]{1,9}$/),
      fc.oneof(fc.string(), fc.integer(), fc.boolean()),
    );
    fc.assert(fc.property(plain, (value) => assert.deepEqual(parse(JSON.stringify(value)), { ...value })));
  });

  for (const [what, text] of Object.entries({
    'a key that is there twice': 'a: 1\na: 2\n',
    'an alias': 'a: &x [1]\nb: *x\n',
    'an anchor that nothing uses': 'a: &x 1\n',
    'a merge key': 'a: &x { b: 1 }\nc: { <<: *x }\n',
    'a tag': 'a: !!str 1\n',
    'a tag of its own': 'a: !x 1\n',
    'two documents': 'a: 1\n---\nb: 2\n',
    'a directive': '%TAG ! tag:example.com,2000:\n---\na: !x 1\n',
    'a key that is a list': '? [a]\n: b\n',
    'a prototype': '__proto__: { a: 1 }\n',
    'a comment without a blank before it': 'a: "b"#c\n',
    'an infinity': 'a: .inf\n',
    'an integer that is not exact': 'a: 9007199254740993\n',
    'a list': '- a\n',
    'a text': 'a\n',
    nothing: '',
    'a nest of lists': `a: ${'['.repeat(5000)}${']'.repeat(5000)}\n`,
    'many aliases of aliases': `a: &a [1,1]\n${'bcdefgh'.replaceAll(/./g, (k) => `${k}: &${k} [*a,*a]\n`)}`,
  })) {
    it(`refuses ${what}`, () => assert.throws(() => parse(text), DocumentError));
  }

  it('refuses what is not UTF-8, and what is too large', () => {
    assert.throws(() => parseYaml(Uint8Array.of(0x61, 0x3a, 0x20, 0xff), 'ERR_POLICY'), DocumentError);
    assert.throws(() => parsePolicy(new Uint8Array(2 * 1024 * 1024).fill(0x20)), DocumentError);
  });

  it('takes as many bytes as the limit says, and not one more', () => {
    const text = (length: number): string => `a: ${'x'.repeat(length - 3)}`;
    assert.deepEqual(Object.keys(parse(text(1024 * 1024)) as object), ['a']);
    assert.throws(() => parse(text(1024 * 1024 + 1)), DocumentError);
  });

  it('takes lists in lists as deep as the limit says, and not one deeper', () => {
    const nest = (depth: number): string => `a: ${'['.repeat(depth)}1${']'.repeat(depth)}`;
    assert.deepEqual(Object.keys(parse(nest(61)) as object), ['a']);
    assert.throws(() => parse(nest(62)), { message: 'line 1: is nested too deeply' });
  });

  it('makes a text of every key, and merges nothing', () => {
    assert.deepEqual(parse('1: a\n'), { 1: 'a' });
    assert.deepEqual(parse('c: { <<: { b: 1 } }\n'), { c: { '<<': { b: 1 } } });
  });

  it('takes numbers that JavaScript can hold', () => {
    assert.deepEqual(parse('a: 9007199254740991\nb: 0.5\nc: -1\nd: 1e3\n'), {
      a: 9007199254740991,
      b: 0.5,
      c: -1,
      d: 1000,
    });
  });

  it('says on which line, or that there is nothing', () => {
    assert.throws(() => parse('a: 1\nb: 2\na: 2\n'), /unique at line 3, column 1/);
    assert.throws(() => parse('a: 1\nb: !!str 2\n'), {
      message: 'line 2: holds a tag, tag:yaml.org,2002:str',
    });
    assert.throws(() => parse('a: 1\nb: [&x 2]\n'), { message: /^line 2: holds an anchor/ });
    assert.throws(() => parse(''), { message: 'is empty' });
    assert.throws(() => parse('- a\n'), { message: 'is no object' });
  });

  it('never throws anything but its error, and never makes a policy of noise', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.throws(() => parsePolicy(new TextEncoder().encode(text)), DocumentError);
      }),
    );
  });
});
