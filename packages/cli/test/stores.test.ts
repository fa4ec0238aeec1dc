import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type S3Server, startRegistry, startS3 } from '@danube/test-registry';
import { danubeAsync, folder, type Outcome } from './danube.ts';
import { attestationOf, jobRecord, sha256, statementOf, testKey, write, writeKey } from './fixture.ts';

const root = folder();
const CREDENTIAL = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'hunter2' };
let s3: S3Server;

async function danube(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const aws = {
    AWS_ACCESS_KEY_ID: CREDENTIAL.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIAL.secretAccessKey,
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_S3: s3.endpoint,
  };
  return danubeAsync(['provenance', ...args], { cwd: root, env: { HOME: root, ...aws, ...env } });
}

const verify = async (...args: readonly string[]): Promise<Outcome> =>
  danube(['verify', '--public-key', 'first.pub', ...args]);

before(async () => {
  s3 = await startS3({ ...CREDENTIAL, region: 'eu-central-1', bucket: 'attestations' });
  await writeKey(join(root, 'first'), await testKey(1));
  write(join(root, 'app.tgz'), 'the app');
  write(join(root, 'other.tgz'), 'another app');
  write(
    join(root, 'provenance/app.json'),
    attestationOf(statementOf({ 'app.tgz': 'the app' }), await testKey(1)),
  );
});
after(() => s3.close());

const push = async (store: string): Promise<Outcome> =>
  danube(['push', '--store', store, '--provenance', 'provenance/app.json']);

describe('--store', () => {
  for (const store of ['data', 's3://attestations', 's3://attestations/team/shop/']) {
    it(`of ${store} accepts what was pushed there, and nothing else`, async () => {
      const before = await verify('app.tgz', '--store', store);
      assert.equal(before.code, 1, before.stderr);
      const pushed = await push(store);
      assert.deepEqual([pushed.code, pushed.stderr], [0, '']);
      assert.match(pushed.stdout, /^sha256:[0-9a-f]{64}\n$/);
      assert.deepEqual(await push(store), pushed);
      assert.equal((await verify('app.tgz', '--store', store)).code, 0);
      assert.equal((await verify('--digest', `sha256:${sha256('the app')}`, '--store', store)).code, 0);
      assert.equal((await verify('app.tgz', 'other.tgz', '--store', store)).code, 1);
    });
  }

  it('of a directory finds the provenance of its jobs', async () => {
    write(
      join(root, 'jobs/artifacts/job-1/provenance.json'),
      attestationOf(statementOf({ 'app.tgz': 'the app' }), await testKey(1)),
    );
    assert.equal((await verify('app.tgz', '--store', 'jobs')).code, 0);
  });

  it('of a repository finds what refers to the digest of a file, and of an image', async () => {
    const registry = await startRegistry();
    after(() => registry.close());
    const image = registry.putImage('attestations', { content: 'an image' });
    const statement = {
      ...statementOf({}),
      subject: [{ name: 'image', digest: { sha256: image.digest.slice(7) } }],
    };
    write(join(root, 'image.json'), attestationOf(statement, await testKey(1)));
    const plain = ['--plain-http', registry.host];
    const reference = `${registry.host}/attestations@${image.digest}`;
    const pushed = await danube(['push', reference, '--provenance', 'image.json', ...plain]);
    assert.equal(pushed.code, 0, pushed.stderr);
    const store = ['--store', `oci:${registry.host}/attestations`, ...plain];
    assert.equal((await verify('--digest', image.digest, ...store)).code, 0);
    assert.equal((await verify('app.tgz', ...store)).code, 1);
    // The same image elsewhere, with its attestations there.
    const mirrored = `oci:127.0.0.1:1/app@${image.digest}`;
    assert.equal((await verify(mirrored, ...store)).code, 0);
    assert.equal((await verify(mirrored, '--store', 'data')).code, 3);
  });

  it('ends with 3 when the service is gone or refuses, and shows no credential', async () => {
    const refused = await danube(
      ['verify', '--public-key', 'first.pub', 'app.tgz', '--store', 's3://attestations'],
      {
        AWS_SECRET_ACCESS_KEY: 'hunter3',
      },
    );
    assert.deepEqual([refused.code, refused.stdout], [3, '']);
    assert.match(refused.stderr, /SignatureDoesNotMatch/);
    const gone = await danube(
      ['verify', '--public-key', 'first.pub', 'app.tgz', '--store', 's3://attestations'],
      {
        AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
      },
    );
    assert.deepEqual([gone.code, gone.stdout], [3, '']);
    assert.doesNotMatch(refused.stderr + gone.stderr, /hunter|AKID/);
  });

  it('ends with 2 for what is no store', async () => {
    for (const [store, message] of [
      ['gs://bucket', /expected a directory, s3:/],
      ['s3://BUCKET', /not the name of a bucket/],
      ['s3://attestations/../x', /prefix/],
      ['oci:registry.example.com/app:v1', /an image is none/],
    ] as const) {
      const { code, stderr } = await verify('app.tgz', '--store', store);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
    }
    const noRegion = await danube(
      ['push', '--store', 's3://attestations', '--provenance', 'provenance/app.json'],
      { AWS_REGION: '' },
    );
    assert.deepEqual([noRegion.code, /AWS_REGION is not set/.test(noRegion.stderr)], [2, true]);
    for (const args of [
      ['push', '--provenance', 'provenance/app.json'],
      ['push', `a@sha256:${'0'.repeat(64)}`, '--store', 'data', '--provenance', 'provenance/app.json'],
      ['push', '--store', 'data', '--compat', 'att', '--provenance', 'provenance/app.json'],
    ]) {
      assert.equal((await danube(args)).code, 2, args.join(' '));
    }
  });
});

describe('danube provenance attest --store', () => {
  const S3 = 's3://attestations/jobs-of/shop';
  const attest = async (store: string, key: string, ...more: readonly string[]): Promise<Outcome> =>
    danube([
      'attest',
      '--job-record',
      'job.json',
      '--artifacts',
      'dist',
      '--key',
      key,
      '--store',
      store,
      ...more,
    ]);
  const jobObjects = (): string[] => [...s3.objects.keys()].filter((key) => key.startsWith('jobs-of/'));

  before(async () => {
    await writeKey(join(root, 'second'), await testKey(2));
    write(join(root, 'job.json'), jobRecord());
    write(join(root, 'dist/app.tgz'), 'the app of a job');
  });

  it('keeps the job in a bucket, where verify finds it by digest', async () => {
    const app = ['--digest', `sha256:${sha256('the app of a job')}`, '--store', S3];
    assert.equal((await verify(...app)).code, 1);
    const { code, stdout, stderr } = await attest(S3, 'first');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^s3:\/\/attestations\/jobs-of\/shop\/attestations\/sha256\/[0-9a-f]{64}\n$/);
    assert.ok(s3.objects.has(stdout.trim().replace('s3://attestations/', '')));
    assert.equal((await verify(...app)).code, 0);
    assert.equal(existsSync(join(root, 'artifacts')), false);
  });

  it('changes nothing for the same facts, and says where each attestation is', async () => {
    const before = jobObjects();
    const { code, stdout, stderr } = await attest(S3, 'first', '--json');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /already attested/);
    const report = JSON.parse(stdout) as {
      directory: string;
      attestations: { name: string; path: string }[];
    };
    assert.equal(report.directory, `${S3}/jobs/abc123`);
    for (const { path } of report.attestations) {
      assert.ok(s3.objects.has(path.replace('s3://attestations/', '')), path);
    }
    assert.deepEqual(jobObjects(), before);
  });

  it('refuses other facts and another key, from whatever machine, and changes nothing', async () => {
    const before = jobObjects();
    const otherKey = await attest(S3, 'second');
    assert.deepEqual([otherKey.code, otherKey.stdout], [2, '']);
    assert.match(otherKey.stderr, /not by this key/);
    write(join(root, 'dist/app.tgz'), 'another app of the job');
    const otherFacts = await attest(S3, 'first');
    assert.deepEqual([otherFacts.code, otherFacts.stdout], [2, '']);
    assert.match(otherFacts.stderr, /other facts/);
    write(join(root, 'dist/app.tgz'), 'the app of a job');
    assert.deepEqual(jobObjects(), before);
  });

  it('is verified by its id, of a bucket as of a directory', async () => {
    assert.equal((await attest('elsewhere', 'first')).code, 0);
    for (const store of [S3, 'elsewhere']) {
      const job = ['--job', 'abc123', '--store', store];
      const alone = await verify(...job);
      assert.equal(alone.code, 0, alone.stderr);
      assert.match(alone.stderr, /no artifact was checked/);
      assert.equal((await verify('dist/app.tgz', ...job)).code, 0);
      assert.equal((await verify('app.tgz', ...job)).code, 1);
      assert.equal((await verify('--digest', `sha256:${sha256('the app of a job')}`, ...job)).code, 0);
      const stranger = await danube(['verify', '--public-key', 'second.pub', ...job]);
      assert.equal(stranger.code, 1, stranger.stderr);
      const missing = await verify('--job', 'nobody', '--store', store);
      assert.deepEqual([missing.code, missing.stdout], [3, '']);
    }
    assert.match(
      (await verify('dist/app.tgz', '--job', 'abc123', '--store', S3)).stdout,
      /in s3:\/\/attestations/,
    );
  });

  it('has the files of a job that are attestations by their names, and a broken one rejects', async () => {
    const other = 's3://attestations/described';
    const sbom = ['--attestation', 'notes.json'];
    const ofJob = statementOf({ 'app.tgz': 'the app of a job' });
    write(join(root, 'notes.json'), attestationOf(ofJob, await testKey(1)));
    const attested = await attest(other, 'first', ...sbom);
    assert.equal(attested.code, 0, attested.stderr);
    const job = ['--job', 'abc123', '--store', other];
    const { code, stdout } = await danube([
      'verify',
      '--public-key',
      'first.pub',
      '--format',
      'json',
      ...job,
    ]);
    assert.equal(code, 0);
    assert.ok(stdout.includes(attested.stdout.trim()), stdout);
    assert.doesNotMatch(stdout, new RegExp(sha256(readFileSync(join(root, 'notes.json')))));
    const [step] = [...s3.objects.keys()].filter((key) => key.startsWith('described/jobs/'));
    const broken = '{';
    s3.objects.set(`described/attestations/sha256/${sha256(broken)}`, Buffer.from(broken));
    const files = { files: { 'provenance.json': sha256(broken) } };
    s3.objects.set(step ?? '', Buffer.from(JSON.stringify(files)));
    assert.equal((await verify(...job)).code, 1);
  });

  it('is asked for a job in one place that keeps jobs, and by a plain name', async () => {
    for (const [args, message] of [
      [['--job', 'abc123', '--store', S3, '--data-dir', 'elsewhere'], /--data-dir or --store/],
      [['--job', 'abc123', '--store', 'oci:registry.example.com/app'], /expected a directory or s3/],
      [['--job', '../abc123', '--store', S3], /job id/],
      [['--job', 'abc123', '--store', S3, '--offline'], /--offline forbids/],
    ] as const) {
      const { code, stdout, stderr } = await verify(...args);
      assert.deepEqual([code, stdout], [2, ''], stderr);
      assert.match(stderr, message);
    }
  });

  it('of `run` keeps what a command made, and runs none for a place that keeps nothing', async () => {
    const run = async (store: string): Promise<Outcome> => {
      const made = ['--artifacts', 'made.txt', '--', 'sh', '-c', 'echo made > made.txt'];
      return danube(['run', '--key', 'first', '--job-id', 'run-1', '--store', store, ...made]);
    };
    for (const store of ['oci:registry.example.com/app', 'gs://bucket', 's3://BUCKET']) {
      assert.equal((await run(store)).code, 2, store);
      assert.equal(existsSync(join(root, 'made.txt')), false, store);
    }
    for (const store of [S3, 'elsewhere']) {
      const { code, stderr } = await run(store);
      assert.equal(code, 0, stderr);
      assert.equal((await verify('made.txt', '--job', 'run-1', '--store', store)).code, 0);
      rmSync(join(root, 'made.txt'));
    }
  });

  it('keeps it in another directory than that of the keys', async () => {
    const { code, stdout } = await attest('elsewhere', 'first');
    assert.deepEqual([code, stdout], [0, `${join(root, 'elsewhere/artifacts/abc123/provenance.json')}\n`]);
  });

  it('ends with 3 when the service is gone, and with 2 for what keeps no jobs', async () => {
    const gone = await danube(
      ['attest', '--job-record', 'job.json', '--artifacts', 'dist', '--key', 'first', '--store', S3],
      { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' },
    );
    assert.deepEqual([gone.code, gone.stdout], [3, '']);
    for (const store of ['oci:registry.example.com/app', 'gs://bucket', 's3://BUCKET', 's3:']) {
      const { code, stdout } = await attest(store, 'first');
      assert.deepEqual([code, stdout], [2, ''], store);
    }
  });
});
