import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { openS3Jobs, openS3Store, type S3StoreOptions } from '@danube/store/s3';
import { type S3Server, type S3ServerOptions, startS3 } from '@danube/test-registry';
import { MalformedError } from 'in-toto-attestation';
import { allOf, bundleAbout, dsseAbout } from './attestation.ts';
import { storeError } from './folder.ts';

const CREDENTIAL = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret + with / signs' };
const SUBJECT = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;

async function s3With(options: Partial<S3ServerOptions> = {}): Promise<S3Server> {
  const server = await startS3({ ...CREDENTIAL, region: 'eu-central-1', bucket: 'attestations', ...options });
  after(() => server.close());
  return server;
}

function placeOn({ bucket, endpoint }: S3Server): S3StoreOptions {
  const credentials = async (): Promise<typeof CREDENTIAL> => CREDENTIAL;
  return { bucket, region: 'eu-central-1', endpoint, credentials, retry: { attempts: 1 } };
}

function storeAt(server: S3Server, options: Partial<S3StoreOptions> = {}): ReturnType<typeof openS3Store> {
  const store = openS3Store({ ...placeOn(server), ...options });
  after(() => store.close());
  return store;
}

const hexOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('openS3Store', () => {
  it('finds what was put, by subject', async () => {
    const server = await s3With();
    const store = storeAt(server, { prefix: 'team/attestations' });
    const mine = dsseAbout(SUBJECT);
    assert.equal(await store.put(mine), true);
    await store.put(bundleAbout(OTHER));
    const found = await allOf(store.find(SUBJECT));
    assert.deepEqual(
      found.map(({ path, bytes }) => [path, Buffer.from(bytes).equals(mine)]),
      [[`s3://attestations/team/attestations/attestations/sha256/${hexOf(mine)}`, true]],
    );
    assert.deepEqual(await allOf(store.find(`sha256:${'c'.repeat(64)}`)), []);
    assert.equal((await allOf(store.list())).length, 2);
    assert.equal((await allOf(store.stream())).length, 2);
  });

  it('signs for a session, and for each region', async () => {
    const sessionToken = 'a/session+token==';
    const server = await s3With({ sessionToken });
    await storeAt(server, { credentials: async () => ({ ...CREDENTIAL, sessionToken }) }).put(
      dsseAbout(SUBJECT),
    );
    assert.equal(server.objects.size, 2);
    await assert.rejects(
      storeAt(server).put(dsseAbout(SUBJECT)),
      storeError('ERR_STORE_DENIED', /InvalidToken/),
    );
  });

  it('says what is wrong with a credential, and not what it is', async () => {
    const server = await s3With();
    for (const [options, code] of [
      [{ credentials: async () => ({ ...CREDENTIAL, secretAccessKey: 'hunter2' }) }, 'SignatureDoesNotMatch'],
      [{ region: 'us-east-1' }, 'AuthorizationHeaderMalformed'],
    ] as const) {
      await assert.rejects(storeAt(server, options).put(dsseAbout(SUBJECT)), (error: Error) => {
        storeError('ERR_STORE_DENIED', new RegExp(code))(error);
        assert.doesNotMatch(error.message, /hunter2|AKID/);
        return true;
      });
    }
    assert.equal(server.objects.size, 0);
  });

  it('changes nothing the second time, and completes what was begun', async () => {
    const server = await s3With();
    const store = storeAt(server);
    const bytes = dsseAbout(SUBJECT);
    assert.deepEqual([await store.put(bytes), await store.put(bytes)], [true, false]);
    for (const key of server.objects.keys()) if (key.startsWith('subjects/')) server.objects.delete(key);
    assert.equal(await store.put(bytes), false);
    assert.equal((await allOf(store.find(SUBJECT))).length, 1);
  });

  it('writes under a condition only, so that of many writers none is lost', async () => {
    const server = await s3With();
    server.misbehave = () => ({ delay: Math.random() * 10 });
    const all = Array.from({ length: 10 }, (_, index) => dsseAbout(SUBJECT, String(index % 5)));
    const isNew = await Promise.all(all.map((bytes) => storeAt(server).put(bytes)));
    assert.equal(isNew.filter(Boolean).length, 5);
    assert.equal((await allOf(storeAt(server).find(SUBJECT))).length, 5);
    const puts = server.requests.filter(({ method }) => method === 'PUT');
    assert.ok(puts.length > 0 && puts.every(({ headers }) => headers['if-none-match'] === '*'));
  });

  it('asks again when somebody else is at the same key (409)', async () => {
    const server = await s3With();
    let conflicts = 2;
    server.misbehave = ({ method }) =>
      method === 'PUT' && (conflicts -= 1) >= 0 ? { status: 409 } : undefined;
    await storeAt(server).put(dsseAbout(SUBJECT));
    // The server stored it the first time; what it said did not count.
    assert.equal((await allOf(storeAt(server).find(SUBJECT))).length, 1);
  });

  it('never takes other bytes than the key says', async () => {
    const server = await s3With();
    const store = storeAt(server);
    const bytes = dsseAbout(SUBJECT);
    const key = `attestations/sha256/${hexOf(bytes)}`;
    server.objects.set(key, Buffer.from(dsseAbout(SUBJECT, 'forged')));
    await assert.rejects(store.put(bytes), storeError('ERR_STORE_DIGEST'));
    server.objects.set(`subjects/sha256/${'a'.repeat(64)}/${hexOf(bytes)}`, Buffer.alloc(0));
    await assert.rejects(allOf(store.find(SUBJECT)), storeError('ERR_STORE_DIGEST'));
  });

  it('does not believe an entry that names a subject', async () => {
    const server = await s3With();
    const store = storeAt(server);
    const bytes = dsseAbout(OTHER);
    await store.put(bytes);
    server.objects.set(`subjects/sha256/${'a'.repeat(64)}/${hexOf(bytes)}`, Buffer.alloc(0));
    server.objects.set(`subjects/sha256/${'a'.repeat(64)}/../../etc`, Buffer.alloc(0));
    assert.deepEqual(await allOf(store.find(SUBJECT)), []);
  });

  it('reads lists of many pages', async () => {
    const server = await s3With({ pageSize: 2 });
    const store = storeAt(server);
    for (const marker of ['1', '2', '3', '4', '5']) await store.put(dsseAbout(SUBJECT, marker));
    assert.equal((await allOf(store.find(SUBJECT))).length, 5);
    assert.equal((await allOf(store.list())).length, 5);
  });

  it('refuses lists that are none', async () => {
    const server = await s3With();
    for (const body of [
      '',
      '<html></html>',
      '<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>',
      '<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult>&a;</ListBucketResult>',
    ]) {
      server.misbehave = () => ({ status: 200, body });
      await assert.rejects(allOf(storeAt(server).find(SUBJECT)), storeError('ERR_STORE_PROTOCOL'), body);
    }
    server.misbehave = () => ({ status: 200, endless: true });
    await assert.rejects(allOf(storeAt(server).find(SUBJECT)), storeError('ERR_STORE_LIMIT'));
  });

  it('says that a service is gone, a bucket unknown, an answer strange', async () => {
    const server = await s3With();
    await assert.rejects(
      allOf(storeAt(server, { bucket: 'another' }).find(SUBJECT)),
      storeError('ERR_STORE_NOT_FOUND', /no such bucket/),
    );
    await assert.rejects(
      storeAt(server, { bucket: 'another' }).put(dsseAbout(SUBJECT)),
      storeError('ERR_STORE_NOT_FOUND'),
    );
    for (const [status, code] of [
      [503, 'ERR_STORE_UNAVAILABLE'],
      [418, 'ERR_STORE_PROTOCOL'],
      [301, 'ERR_STORE_REFUSED'],
    ] as const) {
      server.misbehave = () => ({ status, headers: { location: 'https://example.com/' } });
      await assert.rejects(allOf(storeAt(server).find(SUBJECT)), storeError(code));
    }
    await server.close();
    await assert.rejects(allOf(storeAt(server).find(SUBJECT)), storeError('ERR_STORE_UNAVAILABLE'));
  });

  it('takes no attestation that nobody would find', async () => {
    const store = storeAt(await s3With());
    await assert.rejects(store.put(Buffer.from('{}')), MalformedError);
    await assert.rejects(
      store.put(Buffer.from('{"payload":"e30=","payloadType":"x","signatures":[{"sig":""}]}')),
      MalformedError,
    );
  });

  it('reaches Amazon by HTTPS, and other hosts by nothing less', () => {
    const options = { bucket: 'b-1', region: 'eu-central-1', credentials: async () => CREDENTIAL };
    for (const endpoint of [
      'http://s3.example.com',
      'ftp://localhost',
      'https://user@s3.example.com',
      'nonsense',
    ]) {
      assert.throws(() => openS3Store({ ...options, endpoint }), storeError('ERR_STORE_REFUSED'), endpoint);
    }
    for (const wrong of [
      { bucket: 'B' },
      { bucket: '../x' },
      { region: 'eu/..' },
      { prefix: '../x' },
      { prefix: '/x' },
      { prefix: 'x/' },
    ]) {
      assert.throws(() => openS3Store({ ...options, ...wrong }), TypeError, JSON.stringify(wrong));
    }
  });
});

describe('openS3Jobs', () => {
  function jobsAt(server: S3Server, options: Partial<S3StoreOptions> = {}): ReturnType<typeof openS3Jobs> {
    const jobs = openS3Jobs({ ...placeOn(server), ...options });
    after(() => jobs.close());
    return jobs;
  }
  const A = dsseAbout(SUBJECT, 'a');
  const B = dsseAbout(OTHER, 'b');
  const filesOf = (files: Readonly<Record<string, Uint8Array>>): ReadonlyMap<string, Uint8Array> =>
    new Map(Object.entries(files));
  const namesOf = (files: ReadonlyMap<string, Uint8Array>): string[] => [...files.keys()];

  it('keeps the files of a job, and the same again changes nothing', async () => {
    const server = await s3With();
    const jobs = jobsAt(server, { prefix: 'shop' });
    const both = filesOf({ 'provenance.json': A, 'isolation.json': B });
    assert.deepEqual((await jobs.put('job-1', both)).written, ['provenance.json', 'isolation.json']);
    const before = new Map(server.objects);
    assert.deepEqual((await jobs.put('job-1', both)).written, []);
    assert.deepEqual(server.objects, before);
    const read = await jobs.read('job-1');
    assert.deepEqual(namesOf(read), ['isolation.json', 'provenance.json']);
    assert.ok(Buffer.from(A).equals(read.get('provenance.json') ?? Buffer.of()));
    assert.deepEqual(namesOf(await jobs.read('job-1', ['isolation.json', 'absent.json'])), [
      'isolation.json',
    ]);
    assert.deepEqual(await jobs.list(), ['job-1']);
    assert.equal(jobs.pathOf('job-1'), 's3://attestations/shop/jobs/job-1');
    assert.ok(server.objects.has(jobs.locate(A).replace('s3://attestations/', '')));
  });

  it('lets each be found by its subject', async () => {
    const server = await s3With();
    await jobsAt(server).put('job-1', filesOf({ 'provenance.json': A, 'isolation.json': B }));
    const found = await allOf(storeAt(server).find(OTHER));
    assert.deepEqual(
      found.map(({ bytes }) => Buffer.from(bytes).equals(B)),
      [true],
    );
  });

  it('adds files, and never replaces one', async () => {
    const server = await s3With();
    const jobs = jobsAt(server);
    await jobs.put('job-1', filesOf({ 'provenance.json': A }));
    assert.deepEqual((await jobs.put('job-1', filesOf({ 'provenance.json': A, 'more.json': B }))).written, [
      'more.json',
    ]);
    const before = new Map(server.objects);
    await assert.rejects(
      jobs.put('job-1', filesOf({ 'another.json': A, 'provenance.json': B })),
      storeError('ERR_STORE_CONFLICT', /jobs\/job-1\/provenance\.json/),
    );
    assert.deepEqual(server.objects, before);
    assert.deepEqual(namesOf(await jobs.read('job-1')), ['more.json', 'provenance.json']);
  });

  it('lets one of many win that write the same job at once, and all that say the same', async () => {
    const server = await s3With();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, async (_, index) =>
        jobsAt(server).put('job-1', filesOf({ 'provenance.json': index % 3 === 0 ? A : B })),
      ),
    );
    const [bytes] = [...(await jobsAt(server).read('job-1')).values()];
    const isA = Buffer.from(A).equals(bytes ?? Buffer.of());
    outcomes.forEach((outcome, index) => {
      assert.equal(outcome.status === 'fulfilled', (index % 3 === 0) === isA, String(index));
      if (outcome.status === 'rejected') storeError('ERR_STORE_CONFLICT')(outcome.reason);
    });
    assert.equal([...server.objects.keys()].filter((key) => key.startsWith('jobs/')).length, 1);
  });

  it('keeps every file of many that add to one job at once', async () => {
    const server = await s3With();
    await Promise.all(
      Array.from({ length: 8 }, async (_, index) =>
        jobsAt(server).put('job-1', filesOf({ [`file-${index}.json`]: dsseAbout(SUBJECT, String(index)) })),
      ),
    );
    assert.equal((await jobsAt(server).read('job-1')).size, 8);
    assert.equal((await allOf(storeAt(server).find(SUBJECT))).length, 8);
  });

  it('holds all of a job or none, wherever it was stopped, and the same call completes it', async () => {
    const files = filesOf({ 'provenance.json': A, 'isolation.json': B });
    const whole = await s3With();
    await jobsAt(whole).put('job-1', files);
    for (let stop = 0; stop < whole.requests.length; stop += 1) {
      const server = await s3With();
      server.misbehave = () => (server.requests.length > stop ? { reset: true } : undefined);
      await assert.rejects(jobsAt(server).put('job-1', files), storeError('ERR_STORE_UNAVAILABLE'));
      server.misbehave = undefined;
      const held = await jobsAt(server)
        .read('job-1')
        .then(namesOf, () => []);
      assert.ok([0, 2].includes(held.length), `${stop}: ${held.join(', ')}`);
      await jobsAt(server).put('job-1', files);
      assert.deepEqual([...server.objects.keys()].sort(), [...whole.objects.keys()].sort());
    }
  });

  it('refuses what is no step of a job, what was changed, and names that are none', async () => {
    const server = await s3With();
    const jobs = jobsAt(server);
    await assert.rejects(jobs.read('absent'), storeError('ERR_STORE_NOT_FOUND'));
    await assert.rejects(jobs.read('../job'), storeError('ERR_STORE_JOB_ID'));
    await assert.rejects(jobs.put('job-1', filesOf({ '../x.json': A })), storeError('ERR_STORE_FILE_NAME'));
    for (const step of [
      '',
      '{}',
      '{"files":{"../x.json":"00"}}',
      '{"files":{"x.json":"00"}}',
      '{"files":{"x.json":1}}',
    ]) {
      server.objects.set('jobs/job-2/0000', Buffer.from(step));
      await assert.rejects(jobs.read('job-2'), storeError('ERR_STORE_PROTOCOL', /no step of a job/));
    }
    await jobs.put('job-1', filesOf({ 'provenance.json': A }));
    server.objects.set(`attestations/sha256/${hexOf(A)}`, Buffer.from(B));
    await assert.rejects(jobs.read('job-1'), storeError('ERR_STORE_DIGEST'));
  });
});
