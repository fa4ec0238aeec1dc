import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { openJobDirectory, openSubjectDirectory, type SubjectStore } from '@danube/store';
import { MalformedError } from 'in-toto-attestation';
import { decodeSnapshot, encodeSnapshot, jobsOf, recordOf } from '../src/directory/snapshot.ts';
import { allOf, bundleAbout, dsseAbout } from './attestation.ts';
import { temporaryFolder } from './folder.ts';

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const A = digest('a');
const B = digest('b');

async function markersOf(store: SubjectStore, subject: string): Promise<string[]> {
  const found = await allOf(store.find(subject));
  return found.map(({ bytes }) => markerIn(bytes)).sort();
}

function markerIn(bytes: Uint8Array): string {
  const json = JSON.parse(Buffer.from(bytes).toString());
  const { payload } = json.dsseEnvelope ?? json;
  return JSON.parse(Buffer.from(payload, 'base64').toString()).predicate.marker;
}

const files = (bytes: Uint8Array, name: string = 'provenance.json'): Map<string, Uint8Array> =>
  new Map([[name, bytes]]);
const snapshotIn = (folder: string): string => join(folder, 'artifacts/.index/subjects');
const logIn = (folder: string): string => join(folder, 'artifacts/.index/log');

describe('openSubjectDirectory', () => {
  it('finds the attestations of jobs by what they are about', async () => {
    const folder = temporaryFolder();
    const jobs = openJobDirectory(folder);
    await jobs.put('job-1', files(dsseAbout(A, 'one')));
    await jobs.put('job-2', files(bundleAbout(A, 'two')));
    await jobs.put('job-3', files(dsseAbout(B, 'three')));
    const store = openSubjectDirectory(folder);
    assert.deepEqual(await markersOf(store, A), ['one', 'two']);
    assert.deepEqual(await markersOf(store, digest('c')), []);
    const [found] = await allOf(store.find(B));
    assert.equal(found?.path, join(folder, 'artifacts/job-3/provenance.json'));
    assert.equal((await allOf(store.list())).length, 3);
    assert.equal((await allOf(store.stream())).length, 3);
  });

  it('finds nothing where there is nothing yet', async () => {
    const store = openSubjectDirectory(join(temporaryFolder(), 'data'));
    assert.deepEqual(await markersOf(store, A), []);
    await store.put(dsseAbout(A, 'first'));
    assert.deepEqual(await markersOf(store, A), ['first']);
  });

  it('learns of jobs that are written later, in this process and in others', async () => {
    const folder = temporaryFolder();
    const store = openSubjectDirectory(folder);
    assert.deepEqual(await markersOf(store, A), []);
    await openJobDirectory(folder).put('job-1', files(dsseAbout(A, 'one')));
    assert.deepEqual(await markersOf(store, A), ['one']);
    await openJobDirectory(folder).put('job-1', files(dsseAbout(A, 'more'), 'vsa.json'));
    assert.deepEqual(await markersOf(store, A), ['more', 'one']);
    assert.deepEqual(await markersOf(openSubjectDirectory(folder), A), ['more', 'one']);
  });

  it('stores by digest what has no job, once', async () => {
    const folder = temporaryFolder();
    const store = openSubjectDirectory(folder);
    const bytes = dsseAbout(A, 'one');
    assert.deepEqual(
      await Promise.all([store.put(bytes), openSubjectDirectory(folder).put(bytes)]).then((all) =>
        all.sort(),
      ),
      [false, true],
    );
    assert.equal(await store.put(bytes), false);
    assert.equal((await allOf(store.find(A))).length, 1);
    await assert.rejects(store.put(Buffer.from('{}')), MalformedError);
  });

  for (const [name, damage] of [
    ['is missing', (folder: string) => rmSync(join(folder, 'artifacts/.index'), { recursive: true })],
    ['has no snapshot', (folder: string) => rmSync(snapshotIn(folder))],
    ['has no log', (folder: string) => rmSync(logIn(folder))],
    ['is torn', (folder: string) => truncateSync(snapshotIn(folder), statSync(snapshotIn(folder)).size - 7)],
    ['is empty', (folder: string) => truncateSync(snapshotIn(folder), 0)],
    [
      'is of another version',
      (folder: string) =>
        writeFileSync(snapshotIn(folder), 'DANUBEIX and nothing else that makes sense'.repeat(9)),
    ],
    [
      'has a byte that changed',
      (folder: string) => {
        const bytes = readFileSync(snapshotIn(folder));
        bytes[60] = (bytes[60] ?? 0) ^ 1;
        writeFileSync(snapshotIn(folder), bytes);
      },
    ],
    ['has a log that was cut off', (folder: string) => truncateSync(logIn(folder), 0)],
  ] as const) {
    it(`makes the index anew when it ${name}`, async () => {
      const folder = temporaryFolder();
      await allOf(openSubjectDirectory(folder).find(A));
      await openJobDirectory(folder).put('job-1', files(dsseAbout(A, 'one')));
      rmSync(snapshotIn(folder));
      assert.deepEqual(await markersOf(openSubjectDirectory(folder), A), ['one']);
      damage(folder);
      assert.deepEqual(await markersOf(openSubjectDirectory(folder), A), ['one']);
      assert.ok(existsSync(snapshotIn(folder)) && existsSync(logIn(folder)));
    });
  }

  it('reads a job again that somebody began to write and did not say that it is done', async () => {
    const folder = temporaryFolder();
    const store = openSubjectDirectory(folder);
    assert.deepEqual(await markersOf(store, A), []);
    appendFileSync(logIn(folder), '+job-1\n');
    assert.deepEqual(await markersOf(store, A), []);
    mkdirSync(join(folder, 'artifacts/job-1'));
    writeFileSync(join(folder, 'artifacts/job-1/provenance.json'), dsseAbout(A, 'killed'));
    assert.deepEqual(await markersOf(store, A), ['killed']);
    rmSync(snapshotIn(folder));
    assert.deepEqual(await markersOf(openSubjectDirectory(folder), A), ['killed']);
  });

  it('is not led astray by what lies in the folder or in the log', async () => {
    const folder = temporaryFolder();
    await openJobDirectory(folder).put('job-1', files(dsseAbout(A, 'one')));
    writeFileSync(join(folder, 'artifacts/file.json'), dsseAbout(A, 'no job'));
    writeFileSync(join(folder, 'artifacts/job-1/broken.json'), '{"payload":');
    writeFileSync(join(folder, 'artifacts/job-1/app.tgz'), 'no attestation');
    const store = openSubjectDirectory(folder);
    assert.deepEqual(await markersOf(store, A), ['one']);
    appendFileSync(logIn(folder), '=../../etc\n+\n=\n\n=none-such\nhalf a li');
    assert.deepEqual(await markersOf(store, A), ['one']);
    appendFileSync(logIn(folder), 'ne\n');
    assert.deepEqual(await markersOf(store, A), ['one']);
    await assert.rejects(allOf(store.find('sha256:../..')), TypeError);
  });

  it('loses nothing of what many processes write while others look', async () => {
    const folder = temporaryFolder();
    const run = promisify(execFile);
    const loop = join(import.meta.dirname, 'subject-loop.ts');
    const args = ['--conditions=@danube/source', loop, folder, A];
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => run(process.execPath, [...args, name])));
    assert.equal((await markersOf(openSubjectDirectory(folder), A)).length, 80);
    rmSync(snapshotIn(folder));
    assert.equal((await markersOf(openSubjectDirectory(folder), A)).length, 80);
  });

  it('takes what was written since into a new snapshot, before it is too much to read each time', async () => {
    const folder = temporaryFolder();
    const store = openSubjectDirectory(folder);
    await openJobDirectory(folder).put('before', files(dsseAbout(A, 'before')));
    assert.deepEqual(await markersOf(store, A), ['before']);
    const size = statSync(snapshotIn(folder)).size;
    const bytes = dsseAbout(B, 'many');
    for (let index = 0; index < 4200; index += 1) {
      const job = join(folder, 'artifacts', `job-${index}`);
      mkdirSync(job);
      writeFileSync(join(job, 'provenance.json'), index === 4000 ? dsseAbout(A, 'late') : bytes);
    }
    appendFileSync(
      logIn(folder),
      Array.from({ length: 4200 }, (_, index) => `+job-${index}\n=job-${index}\n`).join(''),
    );
    assert.deepEqual(await markersOf(store, A), ['before', 'late']);
    assert.ok(statSync(snapshotIn(folder)).size > size + 4200 * 8);
    assert.deepEqual(await markersOf(openSubjectDirectory(folder), A), ['before', 'late']);
    assert.equal((await markersOf(store, B)).length, 4199);
  });

  it('gives up when the caller does', async () => {
    const folder = temporaryFolder();
    await openJobDirectory(folder).put('job-1', files(dsseAbout(A)));
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(allOf(openSubjectDirectory(folder).find(A, { signal })), reason);
    assert.deepEqual(await markersOf(openSubjectDirectory(folder), A), ['']);
  });
});

describe('a snapshot', () => {
  const hex = fc
    .array(fc.constantFrom('0', '1', 'f'), { minLength: 64, maxLength: 64 })
    .map((digits) => digits.join(''));

  it('finds every job of a subject, and reads what it writes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(hex, fc.nat(20)), { maxLength: 50 }), (entries) => {
        const jobs = Array.from({ length: 21 }, (_, index) => `job-${index}`);
        const records = BigUint64Array.from(
          new Set(entries.map(([name, job]) => recordOf(`sha256:${name}`, job))),
        ).sort();
        const snapshot = decodeSnapshot(Buffer.from(encodeSnapshot(records, jobs, ['open-1'], 7)));
        assert.ok(snapshot);
        assert.deepEqual(
          [snapshot.jobs.count, snapshot.jobs.at(20), snapshot.open, snapshot.logBytes],
          [21, 'job-20', ['open-1'], 7],
        );
        for (const [name, job] of entries) assert.ok(jobsOf(snapshot, `sha256:${name}`).includes(job));
      }),
    );
  });

  it('that is cut off or changed anywhere is none', () => {
    const bytes = Buffer.from(encodeSnapshot(BigUint64Array.of(1n, 2n), ['job-1'], [], 0));
    for (let end = 0; end < bytes.length; end += 1)
      assert.equal(decodeSnapshot(bytes.subarray(0, end)), undefined);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      assert.equal(decodeSnapshot(changed), undefined);
    }
  });
});
