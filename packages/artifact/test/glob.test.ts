import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { ArtifactError, parseGlob } from '@danube/artifact';
import { artifactError } from './folder.ts';

const CASES: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
  ['a.txt', ['a.txt'], ['b.txt', 'x/a.txt', 'a.txt/x', 'aXtxt', 'A.txt']],
  ['*', ['a', '.hidden', 'a.b'], ['a/b']],
  ['*.tgz', ['a.tgz', '.tgz', 'a.b.tgz'], ['a.tgz/x', 'x/a.tgz', 'a.tgz ']],
  ['a*b*c', ['abc', 'aXbXc', 'abbcc', 'abcbc'], ['ab', 'acb', 'abcd']],
  ['?', ['a', 'é', '😀'], ['', 'ab', '/']],
  ['a/?/c', ['a/b/c'], ['a//c', 'a/bb/c']],
  ['**', ['a', 'a/b', 'a/b/c'], []],
  ['**/*.js', ['a.js', 'x/a.js', 'x/y/a.js'], ['a.ts', 'a.js/b']],
  ['dist/**', ['dist/a', 'dist/a/b', 'dist'], ['dist2/a', 'x/dist/a']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/bb', 'x/a/b']],
  ['**/a/**/b', ['a/b', 'x/a/y/b', 'a/a/b'], ['b', 'a']],
  ['a.b', ['a.b'], ['axb']],
  ['a+(b)$', ['a+(b)$'], ['aab', 'a']],
];

/** What the pattern means, written as a regular expression. */
function reference(pattern: string): RegExp {
  const source = pattern
    .split('/')
    .map((segment, index, all) => {
      if (segment === '**') return index === all.length - 1 ? '(?:[^/]+(?:/[^/]+)*)' : '(?:[^/]+/)*';
      const text = segment.replaceAll('*', '[^/]*').replaceAll('?', '[^/]');
      return index === all.length - 1 ? text : `${text}/`;
    })
    .join('');
  return new RegExp(`^${source}$`, 'su');
}

describe('parseGlob', () => {
  for (const [pattern, yes, no] of CASES) {
    it(`matches ${pattern} as documented`, () => {
      const glob = parseGlob(pattern);
      for (const name of yes) assert.equal(glob.match(name), true, `${pattern} should match ${name}`);
      for (const name of no) assert.equal(glob.match(name), false, `${pattern} should not match ${name}`);
    });
  }

  it('refuses what other dialects read differently (threat 43)', () => {
    for (const pattern of ['[!a]', '[^a]', '{a,b}', '!a', 'a\\b', 'a**', '**a']) {
      assert.throws(() => parseGlob(pattern), artifactError('ERR_ARTIFACT_PATTERN'), pattern);
    }
  });

  it('refuses patterns that could leave the directory (threats 17, 49)', () => {
    for (const pattern of ['', '/', '/etc/passwd', 'a//b', 'a/', './a', '../a', 'a/../b', 'a/.', '..']) {
      assert.throws(() => parseGlob(pattern), artifactError('ERR_ARTIFACT_PATTERN'), pattern);
    }
  });

  it('matches what a regular expression of the same meaning matches', () => {
    const segment = fc.oneof(
      { weight: 1, arbitrary: fc.constant('**') },
      { weight: 4, arbitrary: fc.stringMatching(/^[ab*?]{1,5}$/).filter((text) => !text.includes('**')) },
    );
    const patterns = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
    const names = fc.array(fc.stringMatching(/^[ab]{1,6}$/), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(patterns, names, (pattern, parts) => {
        const name = parts.join('/');
        // A `**` at the end also matches the folder itself, which never is a file.
        const expected =
          reference(pattern).test(name) ||
          (pattern.endsWith('/**') && parseGlob(pattern.slice(0, -3)).match(name));
        assert.equal(parseGlob(pattern).match(name), expected, `${pattern} ~ ${name}`);
      }),
      { numRuns: 3000 },
    );
  });

  it('reaches every folder above a name that it matches', () => {
    const segment = fc.stringMatching(/^(?:\*\*|[ab]?[*?]?[ab]?)$/).filter((text) => text !== '');
    const patterns = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const names = fc.array(fc.stringMatching(/^[ab]{1,3}$/), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(patterns, names, (pattern, parts) => {
        const glob = parseGlob(pattern);
        if (!glob.match(parts.join('/'))) return;
        for (let end = 1; end < parts.length; end += 1) {
          assert.equal(glob.matchFolder(parts.slice(0, end).join('/')), true, pattern);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reaches no folder whose names it cannot match', () => {
    for (const folder of ['b', 'a/b', 'a/b/c', 'aa']) {
      assert.equal(parseGlob('a/*.tgz').matchFolder(folder), false, folder);
    }
    assert.equal(parseGlob('a/?/c').matchFolder('a/bb'), false);
    assert.equal(parseGlob('a').matchFolder('a'), false);
    assert.equal(parseGlob('a').matchFolder('a/b'), false);
    assert.equal(parseGlob('a/**').matchFolder('a/b/c'), true);
    assert.equal(parseGlob('a/b/**').matchFolder('a/c'), false);
  });

  it('tells how to write a character that is reserved, and nothing like it of other faults', () => {
    const hintOf = (pattern: string): string | undefined => {
      try {
        parseGlob(pattern);
      } catch (error) {
        if (error instanceof ArtifactError) return error.hint;
        throw error;
      }
      return assert.fail(`${pattern} is no fault`);
    };
    assert.equal(hintOf('a[b'), 'write ? for the character');
    assert.equal(hintOf('a//b'), undefined);
  });

  it('takes no exponential time (threat 47)', () => {
    assert.equal(parseGlob('*a'.repeat(2000)).match('a'.repeat(1999) + 'b'.repeat(10)), false);
    assert.equal(parseGlob(`${'**/a/'.repeat(200)}b`).match(`${'a/'.repeat(400)}c`), false);
  });
});
