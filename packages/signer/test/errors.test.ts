import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SIGN_ERROR_CODES } from '@danube/signer';

describe('SIGN_ERROR_CODES', () => {
  it('each have a test that provokes them', () => {
    const tests = readdirSync(import.meta.dirname)
      .filter((name) => name.endsWith('.test.ts') && name !== 'errors.test.ts')
      .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'));
    assert.deepEqual(
      SIGN_ERROR_CODES.filter((code) => !tests.join('').includes(`'${code}'`)),
      [],
    );
  });
});
