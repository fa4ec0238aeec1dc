import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { danube, folder, type Outcome } from './danube.ts';
import {
  attestationOf,
  BUILDER_ID,
  provenance,
  SOURCE_URI,
  statementOf,
  testKey,
  write,
  writeRelease,
} from './fixture.ts';

const root = folder();
const KEY = ['--public-key', 'keys/first.key.pub'];
const run = (command: string, ...args: readonly string[]): Outcome =>
  danube(['policy', command, ...args], { cwd: root });
const verify = (...args: readonly string[]): Outcome =>
  danube(['provenance', 'verify', ...args, ...KEY], { cwd: root });

async function release(path: string, parts: Parameters<typeof provenance>[0] = {}, key = 1): Promise<void> {
  const statement = statementOf({ 'app-1.3.0.tgz': 'the next app' }, provenance(parts));
  write(join(root, path), attestationOf(statement, await testKey(key)));
}

before(async () => {
  await writeRelease(root);
  write(join(root, 'app-1.3.0.tgz'), 'the next app');
  await release('good.json');
  await release('fork.json', { source: `${SOURCE_URI}-fork@refs/tags/v1.3.0` });
  await release('stranger.json', {}, 3);
});

describe('danube policy init', () => {
  it('writes a policy that accepts what it was made of, and not what differs', () => {
    const made = run('init', '--from', 'good.json', '--name', 'shop', '--output', 'policy.yaml', ...KEY);
    assert.deepEqual([made.code, made.stderr], [0, '']);
    const text = readFileSync(join(root, 'policy.yaml'), 'utf8');
    assert.match(text, /^# yaml-language-server: \$schema=https:\/\/danube\.dev\/schemas\/provenance-policy/);
    assert.match(text, /file: app-\*\.tgz/);
    assert.equal(verify('app-1.3.0.tgz', '--provenance', 'good.json', '--policy', 'policy.yaml').code, 0);
    assert.equal(verify('app-1.3.0.tgz', '--provenance', 'fork.json', '--policy', 'policy.yaml').code, 1);
    assert.equal(run('lint', 'policy.yaml').code, 0);
  });

  it('makes none of provenance that is rejected', () => {
    const made = run('init', '--from', 'stranger.json', '--name', 'shop', ...KEY);
    assert.equal(made.code, 1);
    assert.doesNotMatch(made.stdout, /apiVersion/);
    assert.equal(run('init', '--from', 'good.json', '--name', 'shop').code, 2);
    assert.equal(run('init', '--from', 'good.json', '--name', 'Not A Name', ...KEY).code, 2);
  });
});

describe('danube policy lint', () => {
  const open = `apiVersion: danube.dev/v1\nkind: ProvenancePolicy\nmetadata: { name: open }\nspec:\n  artifacts: [{ file: '**' }]\n  maxAge: 30d\n`;

  it('warns of what is left open, and fails by it with --strict', () => {
    write(join(root, 'open.yaml'), open);
    const { code, stdout } = run('lint', 'open.yaml');
    assert.equal(code, 0);
    assert.match(stdout, /names no builders/);
    assert.match(stdout, /names no source/);
    assert.match(stdout, /about every artifact/);
    assert.equal(run('lint', 'open.yaml', '--strict').code, 1);
  });

  it('fails for what is no policy, with its place, and for two of one name', () => {
    write(join(root, 'misspelt.yaml'), `${open}  maxage: 1d\n`);
    const { code, stdout } = run('lint', 'misspelt.yaml', 'policy.yaml', '--format', 'json');
    assert.equal(code, 1);
    const { findings } = JSON.parse(stdout) as { findings: Record<string, string>[] };
    assert.ok(findings.some(({ severity, pointer }) => severity === 'error' && pointer === '/spec/maxage'));
    write(join(root, 'twin.yaml'), open);
    assert.equal(run('lint', 'open.yaml', 'twin.yaml').code, 1);
    assert.equal(run('lint', 'nowhere.yaml').code, 3);
  });
});

describe('danube policy explain', () => {
  it('says each demand, and its check', () => {
    const { code, stdout } = run('explain', 'policy.yaml');
    assert.equal(code, 0);
    assert.match(stdout, /policy\.rule:shop\/builder\n {2}the builder is /);
    assert.ok(stdout.includes(BUILDER_ID));
    const { demands } = JSON.parse(run('explain', 'policy.yaml', '--format', 'json').stdout) as {
      demands: { id: string }[];
    };
    assert.deepEqual(demands[0]?.id, 'policy.match');
    assert.equal(demands.at(-1)?.id, 'policy.rule:shop/parameters');
    assert.equal(run('explain', 'misspelt.yaml').code, 2);
  });
});

describe('danube policy test', () => {
  const test = (cases: object): string =>
    JSON.stringify({
      apiVersion: 'danube.dev/v1',
      kind: 'ProvenancePolicyTest',
      policies: ['../policy.yaml'],
      publicKeys: ['../keys/first.key.pub'],
      cases,
    });
  const good = {
    name: 'release',
    artifact: 'app-1.3.0.tgz',
    provenance: ['../good.json'],
    expect: 'accepted',
  };
  const fork = { ...good, name: 'fork', provenance: ['../fork.json'], expect: 'rejected' };

  it('passes when verdicts and checks are the expected ones, and lists rules that reject nothing', () => {
    write(
      join(root, 'cases/policy-test.yaml'),
      test([good, { ...fork, failed: ['dependency', 'policy.rule:shop/source'] }]),
    );
    const { code, stdout } = run('test', 'cases');
    assert.equal(code, 0, stdout);
    assert.match(stdout, /2 of 2 as expected/);
    assert.match(stdout, /no case is rejected by: .*policy\.rule:shop\/builder/);
  });

  it('fails for another verdict, and for another check', () => {
    for (const bad of [
      { ...good, expect: 'rejected', failed: ['policy.match'] },
      { ...fork, failed: ['policy.rule:shop/builder'] },
      { ...fork, expect: 'accepted' },
    ]) {
      write(join(root, 'bad/policy-test.yaml'), test([bad]));
      const { code, stdout } = run('test', 'bad');
      assert.equal(code, 1);
      assert.match(stdout, /FAIL/);
    }
  });

  it('refuses a test without cases, and an artifact that nothing is about', () => {
    write(join(root, 'none/policy-test.yaml'), test([]));
    assert.equal(run('test', 'none').code, 2);
    write(join(root, 'none/policy-test.yaml'), test([{ ...good, artifact: 'lib.tgz' }]));
    assert.equal(run('test', 'none').code, 2);
    assert.equal(run('test', 'nowhere').code, 3);
  });
});

describe('danube policy diff', () => {
  it('tells whose verdict changes, over a data directory', async () => {
    await release('data/artifacts/job1/provenance.json');
    await release('data/artifacts/job2/provenance.json', { source: `${SOURCE_URI}-fork@refs/tags/v1.3.0` });
    const text = readFileSync(join(root, 'policy.yaml'), 'utf8');
    write(join(root, 'next.yaml'), text.replaceAll(SOURCE_URI, `${SOURCE_URI}*`));
    const same = run('diff', 'policy.yaml', 'policy.yaml', '--over', 'data', ...KEY);
    assert.deepEqual([same.code, same.stdout], [0, '0 of 2 artifact(s) change\n']);
    const { code, stdout } = run(
      'diff',
      'policy.yaml',
      'next.yaml',
      '--over',
      'data',
      '--format',
      'json',
      ...KEY,
    );
    assert.equal(code, 1);
    const { changes } = JSON.parse(stdout) as {
      changes: { folder: string; before: object; after: object }[];
    };
    assert.deepEqual(
      changes.map(({ folder: at, before: old, after }) => [at, old, after]),
      [
        [
          'data/artifacts/job2',
          { verdict: 'rejected', failed: ['dependency', 'policy.rule:shop/source'] },
          { verdict: 'accepted', failed: [] },
        ],
      ],
    );
    assert.equal(run('diff', 'policy.yaml', 'next.yaml', '--over', 'data/artifacts/job1', ...KEY).code, 0);
  });

  it('says nothing changes only of something', () => {
    assert.equal(run('diff', 'policy.yaml', 'policy.yaml', '--over', 'keys', ...KEY).code, 2);
    assert.equal(run('diff', 'policy.yaml', 'policy.yaml', '--over', 'data').code, 2);
  });
});
