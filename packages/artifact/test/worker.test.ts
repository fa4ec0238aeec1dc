import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { hashFiles, listFiles } from '@danube/artifact';
import { artifactError, folderOf, hashOf, hashOfZeros, writeSparse } from './folder.ts';

const threads = process.getBuiltinModule('node:worker_threads');
const { Worker } = threads;
const MIB = 1024 * 1024;
const ONE_CORE: string | false = availableParallelism() > 1 ? false : 'there is one core';

let started = 0;
let heard = 0;

/** Workers that are counted, and whose code is this where it is given. */
function watchWorkers(code?: string): void {
  started = 0;
  heard = 0;
  threads.Worker = class extends Worker {
    constructor(source: string | URL, options?: ConstructorParameters<typeof Worker>[1]) {
      super(code ?? source, options);
      started += 1;
      this.on('message', () => (heard += 1));
    }
  };
}

function refuse(): never {
  throw Object.assign(new Error('no thread'), { code: 'ERR_WORKER_INIT_FAILED' });
}

function folderOfMany(count: number): string {
  const folder = folderOf();
  for (let index = 0; index < count; index += 1) writeFileSync(join(folder, `${index}`), `${index}`);
  return folder;
}

function folderOfLarge(count: number): string {
  const folder = folderOf();
  for (let index = 0; index < count; index += 1) writeSparse(join(folder, `${index}`), 33 * MIB);
  return folder;
}

async function checkMany(folder: string, count: number): Promise<void> {
  const files = await hashFiles(folder, listFiles(folder));
  assert.equal(files.length, count);
  for (const { name, digest } of files) assert.equal(digest['sha256'], hashOf(name));
}

describe('hashFiles with workers', { skip: ONE_CORE }, () => {
  const zeros = hashOfZeros(33 * MIB);

  afterEach(() => {
    threads.Worker = Worker;
  });

  it('shares very many small files with one', async () => {
    watchWorkers();
    await checkMany(folderOfMany(20_500), 20_500);
    assert.equal(started, 1);
    assert.ok(heard > 0);
  });

  it('shares large files with the other cores', async () => {
    watchWorkers();
    const folder = folderOfLarge(3);
    const files = await hashFiles(folder, ['0', '1', '2'], { algorithms: ['sha256', 'sha512'] });
    assert.deepEqual(
      files.map(({ digest }) => digest['sha256']),
      [zeros, zeros, zeros],
    );
    assert.equal(new Set(files.map(({ digest }) => digest['sha512'])).size, 1);
    assert.equal(started, Math.min(availableParallelism(), 3) - 1);
    assert.equal(heard, started);
  });

  it('starts none for little work', async () => {
    watchWorkers();
    const folder = folderOf();
    for (const name of ['a', 'b']) writeSparse(join(folder, name), 2 * MIB);
    await hashFiles(folder, ['a', 'b']);
    assert.equal(started, 0);
  });

  it('does without when no thread can be started', async () => {
    threads.Worker = class extends Worker {
      constructor() {
        super(refuse());
      }
    };
    await checkMany(folderOfMany(20_500), 20_500);
    const files = await hashFiles(folderOfLarge(2), ['0', '1']);
    assert.deepEqual(
      files.map(({ digest }) => digest['sha256']),
      [zeros, zeros],
    );
  });

  it('does the rest when a worker breaks after it took files', async () => {
    const taking = `
      const { workerData } = require('node:worker_threads');
      Atomics.add(new Int32Array(workerData.control), 0, workerData.batch);
      throw new Error('broken');`;
    watchWorkers(taking);
    await checkMany(folderOfMany(20_500), 20_500);
    const files = await hashFiles(folderOfLarge(2), ['0', '1']);
    assert.deepEqual(
      files.map(({ digest }) => digest['sha256']),
      [zeros, zeros],
    );
    assert.equal(started, 2);
  });

  it('reports what a worker finds wrong', async () => {
    // Which thread comes to which file is chance: so this one says it of a file that is there.
    const finding = `
      const { parentPort, workerData } = require('node:worker_threads');
      Atomics.add(new Int32Array(workerData.control), 0, workerData.batch);
      parentPort.postMessage([[7, { kind: 'error', errno: 'ENOENT' }]]);`;
    watchWorkers(finding);
    const folder = folderOfMany(20_500);
    const names = listFiles(folder);
    const name = new RegExp(`/${names[7]}`);
    await assert.rejects(hashFiles(folder, names), artifactError('ERR_ARTIFACT_NOT_FOUND', name));
    assert.equal(started, 1);
  });

  it('tells progress while workers work', async () => {
    let last: readonly [number, number] = [0, 0];
    const folder = folderOfLarge(4);
    await hashFiles(folder, ['0', '1', '2', '3'], { onProgress: (done, total) => (last = [done, total]) });
    assert.deepEqual(last, [132 * MIB, 132 * MIB]);
  });

  it('stops them when the signal is aborted', async () => {
    watchWorkers();
    const folder = folderOf();
    // So much that no machine is done with it before progress is told for the first time.
    for (const name of ['0', '1', '2', '3']) writeSparse(join(folder, name), 64 * 1024 * MIB);
    const reason = new Error('enough');
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(reason);
    await assert.rejects(
      hashFiles(folder, ['0', '1', '2', '3'], { signal: controller.signal, onProgress }),
      reason,
    );
  });
});
