import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchPattern, patternProblem } from '../src/identity-pattern.ts';

const REPO = 'https://github.com/shop/app/.github/workflows/';

describe('matchPattern', () => {
  const rows: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
    ['https://a.example/b', 'https://a.example/b', true],
    ['https://a.example/b', 'https://a.example/b-evil', false],
    ['https://a.example/b', 'evil-https://a.example/b', false],
    ['https://a.example/b.c', 'https://a.example/bxc', false],
    [`${REPO}*@refs/tags/*`, `${REPO}release.yml@refs/tags/v1`, true],
    [`${REPO}*@refs/tags/*`, `${REPO}x/release.yml@refs/tags/v1`, false],
    [`${REPO}*@refs/tags/*`, `${REPO}release.yml@refs/heads/x@refs/tags/v1`, false],
    [`${REPO}*@refs/tags/*`, `${REPO}release.yml@refs/tags/v1/x`, false],
    [`${REPO}*@refs/tags/**`, `${REPO}release.yml@refs/tags/v1/x@y`, true],
    [`${REPO}a*b*@x`, `${REPO}aXbYbb@x`, true],
    [`${REPO}*`, REPO, true],
    ['*@example.com', 'sam@example.com', true],
    ['*@example.com', 'sam@evil.com@example.com', false],
    ['*@example.com', 'sam@example.com.evil', false],
    [`${REPO}*`, `${REPO}\u{1f600}`, true],
  ];
  for (const [pattern, text, matches] of rows) {
    it(`${matches ? 'matches' : 'does not match'} ${text} by ${pattern}`, () => {
      assert.equal(patternProblem(pattern), undefined);
      assert.equal(matchPattern(pattern, text), matches);
    });
  }

  it('takes time linear in the text, whatever the pattern', () => {
    const text = `https://a.example/${'a'.repeat(20_000)}`;
    assert.equal(matchPattern(`https://a.example/${'*a'.repeat(20)}b`, text), false);
  });
});

describe('patternProblem', () => {
  for (const pattern of [
    '*',
    '**',
    '*@*',
    'https://*/x',
    'https://*.example.com/x',
    'https://a.example***',
    'a*',
    '**@example.com',
    `https://a.example/${'x'.repeat(2000)}`,
  ]) {
    it(`refuses ${pattern.slice(0, 40)}`, () => {
      assert.notEqual(patternProblem(pattern), undefined);
    });
  }
});

describe('the length of a pattern', () => {
  it('is 2000 characters at most', () => {
    const pattern = 'https://example.com/'.padEnd(1999, 'x');
    assert.equal(patternProblem(`${pattern}*`), undefined);
    assert.match(patternProblem(`${pattern}x*`) ?? '', /longer than 2000/);
  });
});
