import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { KEY_ERROR_CODES } from '@danube/keys';

describe('KEY_ERROR_CODES', () => {
  it('each have a test that provokes them', () => {
    const files = readdirSync(import.meta.dirname).filter(
      (name) => name.endsWith('.test.ts') && name !== 'errors.test.ts',
    );
    const tests = files.map((name) => readFileSync(new URL(name, import.meta.url), 'utf8')).join('');
    const untested = KEY_ERROR_CODES.filter((code) => !tests.includes(`'${code}'`));
    assert.deepEqual(untested, []);
  });
});
