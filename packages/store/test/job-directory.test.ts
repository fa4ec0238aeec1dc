import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openJobDirectory, STORE_LIMITS } from '@danube/store';
import { bytesOf } from './files.ts';
import { storeError, temporaryFolder } from './folder.ts';

describe('openJobDirectory', () => {
  it('creates nothing before something is put', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const store = openJobDirectory(dataDir);
    assert.deepEqual(await store.list(), []);
    await assert.rejects(store.read('job'), storeError('ERR_STORE_NOT_FOUND'));
    assert.equal(store.pathOf('job'), join(dataDir, 'artifacts/job'));
    assert.equal(existsSync(dataDir), false);
  });
});

describe('read', () => {
  it('gives attestation files, sorted, and nothing else that a job keeps', async () => {
    const dataDir = temporaryFolder();
    const job = join(dataDir, 'artifacts/job');
    mkdirSync(join(job, 'folder.json'), { recursive: true });
    for (const name of [
      'b.jsonl',
      'a.json',
      'app.tgz',
      '.hidden.json',
      'json',
      '.a.json.1-0123456789abcdef.tmp',
    ]) {
      writeFileSync(join(job, name), name);
    }
    symlinkSync('app.tgz', join(job, 'link.json'));
    const files = await openJobDirectory(dataDir).read('job');
    assert.deepEqual(
      [...files],
      [
        ['a.json', Buffer.from('a.json')],
        ['b.jsonl', Buffer.from('b.jsonl')],
      ],
    );
  });

  it('gives those that are asked for, if they are there', async () => {
    const store = openJobDirectory(temporaryFolder());
    await store.put(
      'job',
      new Map([
        ['a.json', bytesOf(1)],
        ['b.json', bytesOf(2)],
      ]),
    );
    assert.deepEqual(await store.read('job', ['b.json', 'c.json']), new Map([['b.json', bytesOf(2)]]));
    await assert.rejects(store.read('job', ['../a.json']), storeError('ERR_STORE_FILE_NAME'));
  });

  it('rejects a file larger than the limit, unless others are asked for (threat 47)', async () => {
    const dataDir = temporaryFolder();
    const store = openJobDirectory(dataDir);
    await store.put('job', new Map([['a.json', bytesOf(1)]]));
    writeFileSync(join(store.pathOf('job'), 'b.json'), Buffer.alloc(STORE_LIMITS.fileBytes + 1));
    await assert.rejects(store.read('job'), storeError('ERR_STORE_LIMIT'));
    assert.equal((await store.read('job', ['a.json'])).size, 1);
  });

  it('rejects more files than the limit (threat 47)', async () => {
    const dataDir = temporaryFolder();
    const job = join(dataDir, 'artifacts/job');
    mkdirSync(job, { recursive: true });
    for (let index = 0; index <= STORE_LIMITS.files; index += 1)
      writeFileSync(join(job, `${index}.json`), '');
    await assert.rejects(openJobDirectory(dataDir).read('job'), storeError('ERR_STORE_LIMIT'));
  });

  it('rejects a job that is a file or a symbolic link (threat 49)', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'artifacts'));
    writeFileSync(join(dataDir, 'artifacts/file'), '');
    symlinkSync(temporaryFolder(), join(dataDir, 'artifacts/link'));
    const store = openJobDirectory(dataDir);
    for (const job of ['file', 'link'])
      await assert.rejects(store.read(job), storeError('ERR_STORE_IO', /not a directory/));
  });
});

describe('list', () => {
  it('gives the jobs, sorted, and nothing else', async () => {
    const dataDir = temporaryFolder();
    const store = openJobDirectory(dataDir);
    for (const job of ['b', 'a', 'C']) await store.put(job, new Map([['a.json', bytesOf(1)]]));
    writeFileSync(join(dataDir, 'artifacts/file'), '');
    mkdirSync(join(dataDir, 'artifacts/not a job'));
    assert.deepEqual(await store.list(), ['C', 'a', 'b']);
  });

  it('names the path that it cannot read', async () => {
    const dataDir = temporaryFolder();
    writeFileSync(join(dataDir, 'artifacts'), '');
    await assert.rejects(
      openJobDirectory(dataDir).list(),
      storeError('ERR_STORE_IO', /artifacts.*not a directory/),
    );
  });
});
