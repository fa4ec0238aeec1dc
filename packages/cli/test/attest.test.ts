import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { encodePrivateKeyPem } from '@danube/keys';
import { parseEnvelope, parseProvenance, parseStatement, type Statement } from 'in-toto-attestation';
import { danube, folder, type Outcome, type RunOptions, unprivileged } from './danube.ts';
import { BUILDER_ID, jobRecord, sha256, testKey, write, writeKey } from './fixture.ts';

const root = folder();
const JOB = ['--job-record', 'job.json', '--artifacts', 'dist'];
const KEY = ['--key', 'keys/first.key'];
const STORED = 'data/artifacts/abc123/provenance.json';

function attest(args: readonly string[], options: RunOptions = {}): Outcome {
  return danube(['provenance', 'attest', ...args], {
    cwd: root,
    env: { DANUBE_DATA_DIR: 'data' },
    ...options,
  });
}

function generate(args: readonly string[], options: RunOptions = {}): Outcome {
  return danube(['provenance', 'generate', ...args], { cwd: root, ...options });
}

function read(path: string): Buffer {
  return readFileSync(join(root, path));
}

function storedStatement(): Statement {
  return parseStatement(parseEnvelope(read(STORED)).payload);
}

before(async () => {
  await writeKey(join(root, 'keys/first.key'), await testKey(1));
  await writeKey(join(root, 'keys/second.key'), await testKey(2));
  const passphrase = Buffer.from('correct horse');
  write(join(root, 'keys/encrypted.key'), await encodePrivateKeyPem(await testKey(1), { passphrase }), 0o600);
  write(join(root, 'keys/pass.txt'), 'correct horse\n');
  write(join(root, 'job.json'), jobRecord());
  write(join(root, 'dist/app.tgz'), 'the app');
});

describe('danube provenance attest', () => {
  it('stores a signed provenance of the job and prints where it is', () => {
    const { code, stdout, stderr } = attest([...JOB, ...KEY]);
    assert.deepEqual([code, stdout, stderr], [0, `${join(root, STORED)}\n`, '']);
    const statement = storedStatement();
    assert.deepEqual(statement.subject, [{ name: 'app.tgz', digest: { sha256: sha256('the app') } }]);
    assert.equal(
      parseProvenance(statement.predicateType, statement.predicate).runDetails.builder.id,
      BUILDER_ID,
    );
    const verified = danube(
      ['provenance', 'verify', '--job=abc123', '--data-dir', 'data', '--public-key', 'keys/first.key.pub'],
      { cwd: root },
    );
    assert.equal(verified.code, 0);
  });

  it('changes nothing for the same facts, whoever else has signed and whatever the key is wrapped in', () => {
    const first = read(STORED);
    const { code, stdout, stderr } = attest([...JOB, ...KEY]);
    assert.deepEqual([code, stdout], [0, `${join(root, STORED)}\n`]);
    assert.match(stderr, /already attested/);
    assert.equal(
      attest([...JOB, '--key', 'keys/encrypted.key', '--passphrase-file', 'keys/pass.txt']).code,
      0,
    );
    assert.deepEqual(read(STORED), first);

    const sign = ['provenance', 'sign', '--append', STORED, '--key', 'keys/second.key', '--out', STORED];
    assert.equal(danube(sign, { cwd: root }).code, 0);
    const signedTwice = read(STORED);
    assert.equal(attest([...JOB, ...KEY]).code, 0);
    assert.equal(attest([...JOB, '--key', 'keys/second.key']).code, 0);
    assert.deepEqual(read(STORED), signedTwice);
  });

  it('ends with 2 for other facts about the same job, and changes nothing', () => {
    const stored = read(STORED);
    write(join(root, 'other.json'), jobRecord({ parameters: { channel: 'beta' } }));
    const { code, stdout, stderr } = attest(['--job-record', 'other.json', '--artifacts', 'dist', ...KEY]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^danube: error: job abc123 is attested already, with other facts\nhint: /);
    assert.deepEqual(read(STORED), stored);
  });

  it('ends with 2 when the stored provenance is not signed by this key, or is none', () => {
    const data = { env: { DANUBE_DATA_DIR: 'data2' } };
    assert.equal(attest([...JOB, ...KEY], data).code, 0);
    const { code, stderr } = attest([...JOB, '--key', 'keys/second.key'], data);
    assert.equal(code, 2);
    assert.match(stderr, /not by this key\nhint: .*--append/);
    const path = write(join(root, 'data2/artifacts/abc123/provenance.json'), '{"payload":');
    assert.equal(attest([...JOB, ...KEY], data).code, 2);
    assert.equal(readFileSync(path, 'utf8'), '{"payload":');
  });

  it('takes data directory and key from where Danube keeps them', async () => {
    await writeKey(join(root, 'danube/keys/signing.key'), await testKey(1));
    assert.equal(attest(JOB, { env: { DANUBE_DATA_DIR: 'danube' } }).code, 0);
    assert.ok(existsSync(join(root, 'danube/artifacts/abc123/provenance.json')));
    assert.equal(attest([...JOB, '--data-dir', 'danube'], { env: {} }).code, 0);
  });

  it('also writes the file that is published beside an artifact, in its format', () => {
    cpSync(join(root, 'dist'), join(root, 'dist3'), { recursive: true });
    for (const [format, name] of [
      ['bundle', 'app.tgz.sigstore.json'],
      ['jsonl', 'app.tgz.intoto.jsonl'],
    ]) {
      const out = ['--format', format!, '--out', `dist3/${name}`, '--data-dir', `data-${format}`];
      const job = ['--job-record', 'job.json', '--artifacts', 'dist3'];
      // Twice: the file of the first run is no artifact of the second.
      for (let run = 0; run < 2; run++) assert.equal(attest([...job, ...KEY, ...out]).code, 0);
      const verify = ['provenance', 'verify', 'dist3/app.tgz', '--public-key', 'keys/first.key.pub'];
      assert.equal(danube(verify, { cwd: root }).code, 0);
      rmSync(join(root, `dist3/${name}`));
    }
  });

  it('refuses a bundle of an envelope that has gained a second signature', () => {
    const { code, stderr } = attest([...JOB, ...KEY, '--format', 'bundle', '--out', 'x.sigstore.json']);
    assert.equal(code, 2);
    assert.match(stderr, /exactly one signature/);
  });
});

describe('danube provenance generate', () => {
  it('prints the statement, the one that attest signs', () => {
    const { code, stdout, stderr } = generate(JOB);
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(parseStatement(Buffer.from(stdout.trimEnd())), storedStatement());
  });

  it('reads the job record from stdin and writes to --out', () => {
    const args = ['--job-record', '-', '--artifacts', 'dist', '--out', 'statement.json'];
    const { code, stdout } = generate(args, { input: jobRecord() });
    assert.deepEqual([code, stdout], [0, '']);
    assert.equal(read('statement.json').toString(), generate(JOB).stdout);
  });

  it('hashes by further algorithms', () => {
    const { stdout } = generate([...JOB, '--digest', 'sha512', '--digest', 'sha384']);
    const digest = JSON.parse(stdout).subject[0].digest;
    assert.deepEqual(Object.keys(digest).sort(), ['sha256', 'sha384', 'sha512']);
  });

  it('writes provenance of a failed job when it is told to', () => {
    const record = { input: jobRecord({ status: 'failed' }) };
    const args = ['--job-record', '-', '--artifacts', 'dist'];
    const { code, stdout, stderr } = generate(args, record);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^danube: error: .*\/status: expected "succeeded", found "failed"\nhint: /);
    assert.equal(generate([...args, '--allow-failed'], record).code, 0);
  });

  it('finds logs in a folder of their own', () => {
    write(join(root, 'logs/build.log'), 'made it');
    const record = JSON.parse(jobRecord());
    record.steps[0].log = { path: 'build.log' };
    const args = ['--job-record', '-', '--artifacts', 'dist'];
    assert.notEqual(generate(args, { input: JSON.stringify(record) }).code, 0);
    const { code, stdout } = generate([...args, '--logs', 'logs'], { input: JSON.stringify(record) });
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(sha256('made it')));
  });
});

describe('attest and generate, when something is wrong,', () => {
  const cases: readonly (readonly [what: string, code: number, args: readonly string[], input?: string])[] = [
    ['no such job record', 3, ['--job-record', 'missing.json', '--artifacts', 'dist']],
    ['a job record that is a folder', 3, ['--job-record', 'dist', '--artifacts', 'dist']],
    ['no such artifact folder', 3, ['--job-record', 'job.json', '--artifacts', 'missing']],
    ['a job record that is no JSON', 2, ['--job-record', '-', '--artifacts', 'dist'], 'hello'],
    [
      'a job record with an unknown field',
      2,
      ['--job-record', '-', '--artifacts', 'dist'],
      jobRecord({ sauce: 1 }),
    ],
    [
      'an artifact that is not there',
      2,
      ['--job-record', '-', '--artifacts', 'dist'],
      jobRecord({ artifacts: { paths: ['missing.tgz'] } }),
    ],
  ];
  for (const [what, code, args, input = ''] of cases) {
    it(`end with ${code} and write nothing: ${what}`, () => {
      const generated = generate([...args, '--out', 'never.json'], { input });
      assert.equal(generated.code, code);
      assert.match(generated.stderr, /^danube: error: /);
      assert.equal(existsSync(join(root, 'never.json')), false);
      const attested = attest([...args, ...KEY, '--data-dir', 'never'], { input });
      assert.deepEqual([attested.code, attested.stdout], [code, '']);
      assert.equal(existsSync(join(root, 'never/artifacts/abc123')), false);
    });
  }

  it('end with 2 for a job id that is no plain name', () => {
    const record = JSON.parse(jobRecord());
    for (const id of ['../abc123', 'a/b', '.hidden']) {
      record.job.id = id;
      const args = ['--job-record', '-', '--artifacts', 'dist', ...KEY];
      assert.equal(attest(args, { input: JSON.stringify(record) }).code, 2);
    }
  });

  it('end with 2 for a key that is refused, 3 for one that is not there', () => {
    const elsewhere = ['--data-dir', 'never'];
    write(join(root, 'keys/open.key'), read('keys/first.key'), 0o644);
    symlinkSync('first.key', join(root, 'keys/link.key'));
    for (const [key, code] of [
      ['keys/open.key', 2],
      ['keys/link.key', 2],
      ['keys/first.key.pub', 2],
      ['keys/encrypted.key', 2],
      ['unknown:key', 2],
      ['keys/missing.key', 3],
    ] as const) {
      const { code: found, stderr } = attest([...JOB, '--key', key, ...elsewhere]);
      assert.equal(found, code, key);
      assert.match(stderr, /^danube: error: /);
    }
    assert.equal(existsSync(join(root, 'never/artifacts/abc123')), false);
    assert.equal(
      attest([...JOB, '--key', 'keys/link.key', '--allow-mounted-key', '--data-dir', 'data4']).code,
      0,
    );
  });

  it('end with 2 for a wrong or empty passphrase', () => {
    write(join(root, 'keys/wrong.txt'), 'wrong\n');
    write(join(root, 'keys/empty.txt'), '\n');
    for (const file of ['keys/wrong.txt', 'keys/empty.txt']) {
      const args = [...JOB, '--key', 'keys/encrypted.key', '--passphrase-file', file, '--data-dir', 'never'];
      const { code, stderr } = attest(args);
      assert.equal(code, 2);
      assert.doesNotMatch(stderr, /wrong\b(?! )|correct horse/);
    }
  });

  it('end with 3 when nothing can be written', () => {
    write(join(root, 'file'), '');
    assert.equal(attest([...JOB, ...KEY, '--data-dir', 'file']).code, 3);
    assert.equal(generate([...JOB, '--out', 'missing/statement.json']).code, 3);
  });

  it('end with 3 when that is not permitted', (context) => {
    const uid = unprivileged();
    if (uid === undefined) return context.skip('only root can run the command here');
    chmodSync(root, 0o755);
    mkdirSync(join(root, 'read-only'), { mode: 0o555 });
    const { code, stderr } = generate([...JOB, '--out', 'read-only/statement.json'], uid);
    assert.equal(code, 3);
    assert.match(stderr, /cannot write read-only\/statement\.json: permission denied/);
  });
});
