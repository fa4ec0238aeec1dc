import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fingerprintOf, watchFiles } from '../src/watch-files.ts';
import { temporaryFolder } from './world.ts';

describe('watchFiles', () => {
  it('tells of a change between the reading of the files and the first look', (context) => {
    context.mock.timers.enable({ apis: ['setInterval'] });
    const file = join(temporaryFolder(), 'policy.json');
    writeFileSync(file, 'old');
    const known = fingerprintOf([file]);
    writeFileSync(file, 'new');
    let changes = 0;
    const stop = watchFiles([file], 1, () => (changes += 1), known);
    for (const expected of [1, 1]) {
      context.mock.timers.tick(1000);
      assert.equal(changes, expected);
    }
    stop();
  });
});
