import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SIGSTORE_ERROR_CODES } from '@danube/sigstore';
import { ROOT } from '../../repository.ts';

describe('the README of @danube/sigstore', () => {
  it('lists every error code, and no other', () => {
    const text = readFileSync(join(ROOT, 'packages/sigstore/README.md'), 'utf8');
    const listed = [...text.matchAll(/^\| `(ERR_\w+)` /gm)].map(([, code]) => code);
    assert.deepEqual(listed, [...SIGSTORE_ERROR_CODES]);
  });
});
