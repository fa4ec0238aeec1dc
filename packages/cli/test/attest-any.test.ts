import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { parseEnvelope, parseStatement, type Statement } from 'in-toto-attestation';
import { danube, folder, type Outcome } from './danube.ts';
import { sha256, testKey, write, writeKey } from './fixture.ts';

const root = folder();
const KEY = ['--key', 'keys/first.key'];

function attest(...args: readonly string[]): Outcome {
  return danube(['attest', ...args, ...KEY], { cwd: root });
}

function statementIn({ code, stdout, stderr }: Outcome): Statement {
  assert.equal(code, 0, stderr);
  return parseStatement(parseEnvelope(Buffer.from(stdout)).payload);
}

before(async () => {
  await writeKey(join(root, 'keys/first.key'), await testKey(1));
  write(join(root, 'dist/app.tgz'), 'the app');
  write(join(root, 'dist/lib/b.js'), 'b');
  write(join(root, 'report.tap'), '1..1\nok 1 - works\n');
  write(join(root, 'review.json'), '{"verdict":"fine"}');
  write(join(root, 'bad.json'), '{"purl":"pkg:npm/app"}');
});

describe('danube attest', () => {
  it('signs any predicate about files, directories and digests', () => {
    const digest = `sha256:${'ab'.repeat(32)}`;
    const args = ['--predicate-type', 'https://example.com/review/v1', '--predicate', 'review.json'];
    const { subject, predicate } = statementIn(attest('dist', '--digest', digest, ...args));
    assert.deepEqual(subject, [
      { name: 'app.tgz', digest: { sha256: sha256('the app') } },
      { name: 'lib/b.js', digest: { sha256: sha256('b') } },
      { digest: { sha256: 'ab'.repeat(32) } },
    ]);
    assert.deepEqual(predicate, { verdict: 'fine' });
  });

  it('makes a test result of TAP that verify accepts', () => {
    const args = [
      '--predicate-type',
      'test-result',
      '--predicate',
      'report.tap',
      '--test-configuration',
      'review.json',
    ];
    const { predicate } = statementIn(attest('dist/app.tgz', ...args));
    assert.deepEqual(predicate['configuration'], [
      { name: 'review.json', digest: { sha256: sha256('{"verdict":"fine"}') } },
    ]);
    assert.equal(
      attest('dist/app.tgz', ...args, '--format', 'bundle', '--out', 'tests.sigstore.json').code,
      0,
    );
    assert.ok(readFileSync(join(root, 'tests.sigstore.json'), 'utf8').includes('v0.3'));
  });

  it('ends with 2 and writes nothing when something is wrong', () => {
    const secret = ['gh', 'p_', 'abcdefghijklmnopqrstuvwxyz0123456789'].join('');
    write(join(root, 'secret.json'), JSON.stringify({ note: secret }));
    const type = ['--predicate-type', 'https://example.com/review/v1'];
    for (const args of [
      ['dist/app.tgz', '--predicate-type', 'release', '--predicate', 'bad.json'],
      ['dist/app.tgz', '--predicate-type', 'no uri', '--predicate', 'review.json'],
      ['dist/app.tgz', ...type, '--predicate', 'secret.json'],
      ['dist/app.tgz', ...type, '--predicate', 'review.json', '--db-updated-on', '2026-01-01T00:00:00Z'],
      ['dist/app.tgz', 'keys/../dist', ...type, '--predicate', 'review.json', '--digest', 'md5:00'],
      [...type, '--predicate', 'review.json'],
    ]) {
      const { code, stderr } = attest(...args, '--out', 'never.json');
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
      assert.ok(!stderr.includes(secret.slice(4, 12)));
    }
    const bad = attest('dist/app.tgz', '--predicate-type', 'release', '--predicate', 'bad.json');
    assert.match(bad.stderr, /--predicate bad\.json: /);
    assert.equal(attest('missing', ...type, '--predicate', 'review.json').code, 3);
    assert.equal(existsSync(join(root, 'never.json')), false);
  });
});
