import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VerdictCache } from '../src/verdict-cache.ts';

const LIMITS = { entries: 3, acceptedMilliseconds: 1000, rejectedMilliseconds: 10 };

describe('VerdictCache', () => {
  it('never holds more than it may, and lets go first what was used longest ago', () => {
    const cache = new VerdictCache<string>(LIMITS);
    for (const key of ['a', 'b', 'c']) cache.put(key, key, true);
    assert.equal(cache.get('a')?.value, 'a');
    for (let index = 0; index < 10_000; index += 1) {
      cache.put(`more ${index}`, 'x', index % 2 === 0);
      assert.equal(cache.get('a')?.value, 'a');
      assert.ok(cache.size <= 3);
    }
    assert.equal(cache.get('b'), undefined);
  });

  it('forgets a no sooner than a yes, and both when their time is over', () => {
    let now = 0;
    const cache = new VerdictCache<string>(LIMITS, () => now);
    cache.put('yes', 'yes', true);
    cache.put('no', 'no', false);
    assert.deepEqual([cache.get('yes')?.expires, cache.get('no')?.expires], [1000, 10]);
    now = 9;
    assert.deepEqual([cache.get('yes')?.value, cache.get('no')?.value], ['yes', 'no']);
    now = 10;
    assert.deepEqual([cache.get('yes')?.value, cache.get('no')?.value], ['yes', undefined]);
    now = 1000;
    assert.equal(cache.get('yes'), undefined);
    assert.equal(cache.size, 0);
  });

  it('remembers nothing where it may not', () => {
    const cache = new VerdictCache<string>({ ...LIMITS, rejectedMilliseconds: 0 });
    cache.put('no', 'no', false);
    assert.equal(cache.size, 0);
  });
});
