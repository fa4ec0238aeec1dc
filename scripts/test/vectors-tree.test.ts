import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { VECTORS } from '../vectors/all.ts';
import { findDrift, layOut, writeTree } from '../vectors/tree.ts';
import { vector } from '../vectors/vector.ts';
import { TEST_VECTORS } from './vectors/cases.ts';
import { inTemporaryFolder } from './vectors/temporary-folder.ts';

describe('npm run vectors', () => {
  it('would write what is in test-vectors/', () => {
    assert.deepEqual(findDrift(TEST_VECTORS, layOut(VECTORS)), []);
  });

  it('writes the same bytes again, and removes what it did not write', async () => {
    await inTemporaryFolder(async (folder) => {
      const tree = layOut(VECTORS);
      mkdirSync(join(folder, 'verify/gone'), { recursive: true });
      writeFileSync(join(folder, 'verify/gone/case.json'), '{}');
      writeFileSync(join(folder, 'README.md'), 'by hand');
      writeTree(folder, tree);
      writeTree(folder, tree);
      assert.deepEqual(findDrift(folder, tree), []);
      assert.equal(readFileSync(join(folder, 'README.md'), 'utf8'), 'by hand');
    });
  });

  it('reports a file that was changed, one that is missing and one that is too many', async () => {
    await inTemporaryFolder(async (folder) => {
      const tree = new Map([
        ['a', Buffer.from('a')],
        ['b', Buffer.from('b')],
      ]);
      writeFileSync(join(folder, 'a'), 'x');
      writeFileSync(join(folder, 'c'), 'c');
      assert.deepEqual(findDrift(folder, tree), [
        'c is not written by the script',
        'a has other content',
        'b is missing',
      ]);
    });
  });

  it('refuses a case whose expectation is misspelt', () => {
    const content = { description: 'a case of this test', kind: 'parse', format: 'json', input: 'x' };
    const misspelt = { ...content, expect: { verdict: 'accepted', cod: 'ERR_TYPE' } };
    assert.throws(() => layOut([vector('misspelt', misspelt as never)]), /Unrecognized key/);
  });
});
