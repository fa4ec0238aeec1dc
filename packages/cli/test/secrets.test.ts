import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { danube, folder, type Outcome } from './danube.ts';
import { jobRecord, testKey, write, writeKey } from './fixture.ts';

const root = folder();
/** In the shape of a GitHub token, and put together here, so that nobody takes this file for a leak. */
const TOKEN = ['gh', 'p_', 'abcdefghijklmnopqrstuvwxyz0123456789'].join('');
const POINTER = '/predicate/buildDefinition/externalParameters/parameters/note';
const LEAK = new RegExp(TOKEN.slice(4, 12));
const DIRTY = jobRecord({ parameters: { note: `use ${TOKEN}` } });

function run(command: readonly string[], input: string = ''): Outcome {
  return danube(['provenance', ...command], { cwd: root, input });
}

function generate(...options: readonly string[]): Outcome {
  return run(['generate', '--job-record', '-', '--artifacts', 'dist', ...options], DIRTY);
}

function allowlist(name: string, entry: object): string {
  return write(
    join(root, name),
    JSON.stringify({ apiVersion: 'danube.dev/v1', kind: 'SecretAllowlist', entries: [entry] }),
  );
}

before(async () => {
  await writeKey(join(root, 'keys/first.key'), await testKey(1));
  await writeKey(join(root, 'keys/second.key'), await testKey(2));
  write(join(root, 'dist/app.tgz'), 'the app');
});

describe('a secret in a statement', () => {
  it('ends attest, generate and sign with 2; they write nothing, and show nothing of it but the beginning', () => {
    const statement = generate('--on-secret', 'allow').stdout;
    const attest = [
      'attest',
      '--job-record',
      '-',
      '--artifacts',
      'dist',
      '--key',
      'keys/first.key',
      '--data-dir',
      'data',
    ];
    for (const outcome of [
      generate('--out', 'never.json'),
      run(attest, DIRTY),
      run(['sign', '--key', 'keys/first.key', '--out', 'never.json'], statement),
    ]) {
      assert.deepEqual([outcome.code, outcome.stdout], [2, '']);
      assert.ok(
        outcome.stderr.includes(`${POINTER}: github-token, ghp_... (40 characters)\nhint: `),
        outcome.stderr,
      );
      assert.doesNotMatch(outcome.stderr, LEAK);
    }
    assert.equal(existsSync(join(root, 'never.json')), false);
    assert.equal(existsSync(join(root, 'data')), false);
  });

  it('is taken out by --on-secret redact', () => {
    const { code, stdout, stderr } = generate('--on-secret', 'redact');
    assert.equal(code, 0);
    assert.match(stderr, /^warning: redacted: .*github-token/);
    assert.doesNotMatch(stdout + stderr, LEAK);
    assert.ok(stdout.includes('"note":"use [redacted: github-token]"'));
  });

  it('stays with --on-secret allow, and a warning', () => {
    const { code, stdout, stderr } = generate('--on-secret', 'allow');
    assert.equal(code, 0);
    assert.match(stderr, /^warning: signed although it looks like a secret: /);
    assert.match(stdout, LEAK);
    assert.doesNotMatch(stderr, LEAK);
  });

  it('stays when the allow-list gives a reason for it, and only then', () => {
    const entry = { rule: 'github-token', pointer: POINTER, reason: 'revoked long ago' };
    allowlist('allow.json', entry);
    const { code, stderr } = generate('--secret-allowlist', 'allow.json');
    assert.deepEqual(
      [code, stderr],
      [0, `on the secret allow-list: ${POINTER}: github-token, ghp_... (40 characters)\n`],
    );
    allowlist('other.json', { ...entry, rule: 'npm-token' });
    assert.equal(generate('--secret-allowlist', 'other.json').code, 2);
    allowlist('no-reason.json', { rule: 'github-token', pointer: POINTER });
    const refused = generate('--secret-allowlist', 'no-reason.json', '--on-secret', 'allow');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /secret allow-list \/entries\/0\/reason/);
    assert.equal(generate('--secret-allowlist', 'missing.json').code, 3);
  });

  it('is looked for before a second signature; what is signed cannot be redacted', () => {
    const statement = generate('--on-secret', 'allow').stdout;
    const sign = ['sign', '--on-secret', 'allow', '--key', 'keys/first.key', '--out', 'signed.json'];
    assert.equal(run(sign, statement).code, 0);
    const append = ['sign', '--append', 'signed.json', '--key', 'keys/second.key'];
    assert.equal(run(append).code, 2);
    assert.match(run([...append, '--on-secret', 'redact']).stderr, /cannot be redacted/);
    assert.equal(run([...append, '--on-secret', 'allow']).code, 0);
  });
});
