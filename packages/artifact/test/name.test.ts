import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkName } from '@danube/artifact';
import { checkClashes } from '../src/name.ts';
import { artifactError } from './folder.ts';

describe('checkName', () => {
  it('takes the names that files have', () => {
    const names = [
      'a',
      '.hidden',
      'a b',
      'dist/a-1.0.tgz',
      'größe.txt',
      '日本語/文.md',
      'a..b',
      '...',
      'a:b',
      '😀',
      '[id].js',
    ];
    for (const name of names) checkName(name);
  });

  it('refuses names that lead elsewhere (threat 17)', () => {
    const names = [
      '',
      '/',
      '/etc/passwd',
      'a/',
      'a//b',
      '.',
      '..',
      './a',
      'a/.',
      '../a',
      'dir/../foo',
      'a\\b',
      '..\\a',
    ];
    for (const name of names)
      assert.throws(() => checkName(name), artifactError('ERR_ARTIFACT_NAME_PATH'), name);
  });

  it('refuses characters that look like a separator or a dot (threat 17)', () => {
    for (const name of [
      'a\u2215b',
      'a\u2044b',
      'a\uff0fb',
      'a\u2216b',
      'a\uff3cb',
      '\uff0e\uff0e',
      '\u2025/a',
      '\u2024',
    ]) {
      assert.throws(() => checkName(name), artifactError('ERR_ARTIFACT_NAME_PATH', /looks like/), name);
    }
  });

  it('refuses control, bidirectional and invisible characters (threat 17)', () => {
    const characters = [
      '\0',
      '\n',
      '\r',
      '\t',
      '\x1b',
      '\x7f',
      '\x85',
      '\u2028',
      '\u202e',
      '\u2066',
      '\u061c',
      '\u200b',
      '\ufeff',
      '\u00ad',
      '\u{e0041}',
    ];
    for (const character of characters) {
      const check = artifactError('ERR_ARTIFACT_NAME_CONTROL');
      assert.throws(() => checkName(`a${character}b`), check, JSON.stringify(character));
    }
  });

  it('prints what it refuses in plain characters (threat 50)', () => {
    assert.throws(
      () => checkName('a\x1b[31m\u202eb\x9b'),
      (error: unknown) =>
        error instanceof Error && /^[ -~]+$/.test(error.message) && error.message.includes('\\u202e'),
    );
  });

  it('refuses half of a surrogate pair', () => {
    assert.throws(() => checkName('a\ud800b'), artifactError('ERR_ARTIFACT_NAME_UTF8'));
  });
});

describe('checkClashes', () => {
  it('refuses names equal but for case or normalisation (threat 18)', () => {
    const pairs = [
      ['a', 'A'],
      ['dir/a', 'dir/A'],
      ['dir/a', 'Dir/b'],
      ['\u00e9', 'e\u0301'],
      ['ﬁ', 'fi'],
      ['straße', 'STRASSE'],
      ['K', '\u212a'],
      ['s', 'ſ'],
      ['ａ', 'a'],
    ];
    for (const pair of pairs) {
      assert.throws(() => checkClashes(pair), artifactError('ERR_ARTIFACT_NAME_CLASH'), pair.join(' '));
    }
  });

  it('refuses a file and a folder equal but for case', () => {
    assert.throws(() => checkClashes(['README', 'readme/a']), artifactError('ERR_ARTIFACT_NAME_CLASH'));
  });

  it('takes names that differ, and one name twice', () => {
    checkClashes(['A', 'a1', 'B/a', 'B/b', 'B/c/a', 'C/c/a', 'é', 'e', 'A']);
  });
});
