import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeProgress } from '../src/progress.ts';

const STATE = { verb: 'verifying', counted: 'attestations', done: 2500, total: 10_000, file: 'app.json' };

describe('the progress of a command', () => {
  it('is a bar, a share, how much there is in all, and the file', () => {
    const quarter = '█'.repeat(6) + '░'.repeat(18);
    assert.equal(describeProgress(STATE, 200), `verifying ${quarter}  25 % of 10000 attestations app.json`);
    const megabytes = { ...STATE, verb: 'hashing', counted: undefined };
    assert.match(describeProgress({ ...megabytes, total: 104_000 }, 200), / of 0\.1 MB app\.json$/);
    assert.match(describeProgress({ ...megabytes, total: 25_400_000 }, 200), / of 25 MB app\.json$/);
  });

  it('begins with nothing, ends with everything, and is never more', () => {
    for (const [done, total, share] of [
      [0, 10_000, '░'.repeat(24) + '   0 %'],
      [0, 0, '░'.repeat(24) + '   0 %'],
      [9_999, 10_000, '█'.repeat(24) + '  99 %'],
      [10_000, 10_000, '█'.repeat(24) + ' 100 %'],
      [10_001, 10_000, '█'.repeat(24) + ' 100 %'],
    ] as const) {
      const text = describeProgress({ ...STATE, done, total }, 200);
      assert.ok(text.startsWith(`verifying ${share} of `), text);
    }
  });

  it('fits into one row, and has nothing that a terminal would obey', () => {
    const file = `${'long/'.repeat(50)}\u001b[2J.json`;
    for (const columns of [20, 80, 400]) {
      const text = describeProgress({ ...STATE, file }, columns);
      assert.ok(text.length < columns, `${text.length} in ${columns}`);
      assert.ok(!text.includes('\u001b'));
    }
  });
});
