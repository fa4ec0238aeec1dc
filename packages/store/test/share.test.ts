import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SharedWork } from '../src/http/share.ts';

/** Work that ends when it is told to. */
class Task {
  readonly signals: AbortSignal[] = [];
  readonly ends: PromiseWithResolvers<string>[] = [];
  readonly run = async (signal: AbortSignal): Promise<string> => {
    const end = Promise.withResolvers<string>();
    this.signals.push(signal);
    this.ends.push(end);
    signal.addEventListener('abort', () => end.reject(signal.reason));
    return end.promise;
  };
}

const REASON = new Error('gave up');

describe('SharedWork', () => {
  it('does the same once for all who want it at the same time, and again for whoever comes later', async () => {
    const shared = new SharedWork<string>();
    const task = new Task();
    const both = [1, 2].map(async () => shared.run('key', undefined, task.run));
    const other = shared.run('other', undefined, task.run);
    assert.equal(task.ends.length, 2);
    task.ends[0]?.resolve('first');
    task.ends[1]?.resolve('second');
    assert.deepEqual(await Promise.all([...both, other]), ['first', 'first', 'second']);
    const later = shared.run('key', undefined, task.run);
    task.ends[2]?.resolve('third');
    assert.equal(await later, 'third');
  });

  it('stops work that nobody waits for any more, and never work that has ended', async () => {
    const shared = new SharedWork<string>();
    const task = new Task();
    const [one, two] = [new AbortController(), new AbortController()];
    const waiting = [one, two].map(async ({ signal }) => shared.run('key', signal, task.run));
    one.abort(REASON);
    await assert.rejects(waiting[0] ?? assert.fail(), REASON);
    assert.equal(task.signals[0]?.aborted, false);
    two.abort(REASON);
    await assert.rejects(waiting[1] ?? assert.fail(), REASON);
    assert.equal(task.signals[0]?.aborted, true);
    for (const end of ['resolve', 'reject'] as const) {
      const done = shared.run('key', undefined, task.run).catch(() => 'failed');
      if (end === 'resolve') task.ends.at(-1)?.resolve('done');
      else task.ends.at(-1)?.reject(REASON);
      assert.equal(await done, end === 'resolve' ? 'done' : 'failed');
      assert.equal(task.signals.at(-1)?.aborted, false);
    }
  });

  it('begins anew for whoever comes after all others gave up', async () => {
    const shared = new SharedWork<string>();
    const task = new Task();
    const first = new AbortController();
    const gone = shared.run('key', first.signal, task.run);
    first.abort(REASON);
    await assert.rejects(gone, REASON);
    const next = shared.run('key', undefined, task.run);
    task.ends.at(-1)?.resolve('new');
    assert.equal(await next, 'new');
    assert.equal(task.ends.length, 2);
  });

  it('is not even begun for somebody who has given up', async () => {
    const task = new Task();
    await assert.rejects(new SharedWork<string>().run('key', AbortSignal.abort(REASON), task.run), REASON);
    assert.equal(task.ends.length, 0);
  });
});
