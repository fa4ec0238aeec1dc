import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { checkFileName, checkJobId, openJobDirectory } from '@danube/store';
import { bytesOf } from './files.ts';
import { storeError, temporaryFolder } from './folder.ts';

const REJECTED = [
  '',
  '.',
  '..',
  '.a',
  '-a',
  '--help',
  'a/b',
  '/a',
  '../a',
  'a\\b',
  'a\0',
  'a\nb',
  'a ',
  ' a',
  'a b',
  'é',
  'a\u202eb',
  'a:b',
  'C:',
  '~',
  '*',
  '%2e%2e',
  'a\n',
  'x'.repeat(129),
];

describe('checkJobId', () => {
  it('takes plain names', () => {
    for (const id of [
      'abc123',
      'a',
      '0',
      '_',
      'a-b_c.d',
      'build.1..2',
      'x'.repeat(128),
      '550e8400-e29b-41d4-a716-446655440000',
    ])
      checkJobId(id);
  });

  it('rejects whatever else could be a path, an option or another name (threats 17, 49)', () => {
    for (const id of REJECTED)
      assert.throws(() => checkJobId(id), storeError('ERR_STORE_JOB_ID'), JSON.stringify(id));
  });

  it('prints what it rejects in plain characters (threat 50)', () => {
    assert.throws(() => checkJobId('a\x1b[31m\u202e'), storeError('ERR_STORE_JOB_ID', /^[ -~]+$/));
    assert.throws(() => checkJobId('é'.repeat(10_000)), storeError('ERR_STORE_JOB_ID', /^[ -~]{1,1200}$/));
  });

  it('is asked by every call', async () => {
    const store = openJobDirectory(temporaryFolder());
    for (const id of ['..', 'a/b', '-a']) {
      await assert.rejects(store.put(id, new Map([['a.json', bytesOf(1)]])), storeError('ERR_STORE_JOB_ID'));
      await assert.rejects(store.read(id), storeError('ERR_STORE_JOB_ID'));
      assert.throws(() => store.pathOf(id), storeError('ERR_STORE_JOB_ID'));
    }
  });

  it('lets nothing through that leaves the folder of jobs', () => {
    const store = openJobDirectory('/data');
    const ids = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom('.', '/', 'a', '-', '\0'), { maxLength: 6 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(ids, (id) => {
        try {
          assert.equal(store.pathOf(id), join('/data/artifacts', id));
          assert.match(id, /^[\w][\w.-]*$/);
        } catch (error) {
          storeError('ERR_STORE_JOB_ID')(error);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('checkFileName', () => {
  it('takes plain names of JSON files', () => {
    for (const name of ['provenance.json', 'app.tgz.intoto.jsonl', 'app.tgz.sigstore.json', 'a.json'])
      checkFileName(name);
  });

  it('rejects everything else (threat 49)', () => {
    for (const name of [
      ...REJECTED.map((id) => `${id}.json`).filter((name) => name !== '.a.json'),
      '.json',
      'a',
      'a.json/b',
      'a.JSON',
      'a.json.tmp',
      'json',
      'a.json\n',
      `${'x'.repeat(130)}.json`,
    ]) {
      if (/^x{1,122}\.json$/.test(name)) continue;
      assert.throws(() => checkFileName(name), storeError('ERR_STORE_FILE_NAME'), JSON.stringify(name));
    }
  });

  it('is asked before anything is written', async () => {
    const store = openJobDirectory(temporaryFolder());
    const files = new Map([
      ['good.json', bytesOf(1)],
      ['../bad.json', bytesOf(1)],
    ]);
    await assert.rejects(store.put('job', files), storeError('ERR_STORE_FILE_NAME'));
    assert.deepEqual(await store.list(), []);
  });
});
