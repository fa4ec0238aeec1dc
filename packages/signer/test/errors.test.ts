import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { SIGN_ERROR_CODES } from '@danube/signer';

describe('SIGN_ERROR_CODES', () => {
  it('each have a test that provokes them', () => {
    const tests = ['sign.test.ts', 'open-key.test.ts'].map((name) =>
      readFileSync(new URL(name, import.meta.url), 'utf8'),
    );
    assert.deepEqual(
      SIGN_ERROR_CODES.filter((code) => !tests.join('').includes(`'${code}'`)),
      [],
    );
  });
});
