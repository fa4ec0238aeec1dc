import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
const LOCK = ['--lockfile', 'provenance.lock'];

const run = (command: string, ...args: readonly string[]): Outcome =>
  danube(['provenance', command, ...args], { cwd: root });

/** A release of another version, built by whom and when the case says. */
async function release(name: string, parts: Parameters<typeof provenance>[0] = {}, key = 1): Promise<void> {
  write(join(root, name), `content of ${name}`);
  const statement = statementOf({ [name]: `content of ${name}` }, provenance(parts));
  write(join(root, `${name}.intoto.jsonl`), attestationOf(statement, await testKey(key)));
}

describe('danube provenance lock', () => {
  before(() => writeRelease(root));

  it('remembers what is accepted, and verify holds later versions against it', async () => {
    await release('app-1.2.0.tgz');
    await release('app-1.3.0.tgz');
    await release('app-1.4.0.tgz', { source: `${SOURCE_URI}-fork@refs/heads/main` });
    const locked = run('lock', 'app-1.2.0.tgz', ...KEY, ...LOCK);
    assert.deepEqual([locked.code, locked.stderr], [0, 'locked  app-*.tgz\n']);
    const { artifacts } = JSON.parse(readFileSync(join(root, 'provenance.lock'), 'utf8'));
    assert.deepEqual(Object.keys(artifacts), ['app-*.tgz']);
    const { builder, source, level } = artifacts['app-*.tgz'];
    assert.deepEqual([builder, source, level], [BUILDER_ID, SOURCE_URI, null]);
    assert.equal(run('verify', 'app-1.3.0.tgz', ...KEY, ...LOCK).code, 0);
    const fork = run('verify', 'app-1.4.0.tgz', ...KEY, ...LOCK);
    assert.equal(fork.code, 1);
    assert.match(fork.stdout + fork.stderr, /downgrade/);
  });

  it('does not put something weaker in its place, unless it is told to', () => {
    const before = readFileSync(join(root, 'provenance.lock'), 'utf8');
    const weaker = run('lock', 'app-1.4.0.tgz', ...KEY, ...LOCK);
    assert.equal(weaker.code, 1);
    assert.match(weaker.stderr, /another source/);
    assert.equal(readFileSync(join(root, 'provenance.lock'), 'utf8'), before);
    assert.equal(run('lock', 'app-1.4.0.tgz', ...KEY, ...LOCK, '--accept-weaker').code, 0);
    assert.notEqual(readFileSync(join(root, 'provenance.lock'), 'utf8'), before);
    assert.deepEqual(
      readdirSync(root).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  it('writes nothing for what is rejected', async () => {
    await release('lib-1.0.0.tgz', {}, 3);
    assert.equal(run('lock', 'lib-1.0.0.tgz', ...KEY, '--lockfile', 'other.lock').code, 1);
    assert.ok(!existsSync(join(root, 'other.lock')));
  });

  it('calls packages and images by their names', () => {
    for (const [as, name] of [
      ['pkg:npm/%40shop/app@1.3.0', 'pkg:npm/@shop/app'],
      ['registry.example.com/shop/app:1.3.0', 'registry.example.com/shop/app'],
    ] as const) {
      const { code, stderr } = run('lock', 'app-1.3.0.tgz', ...KEY, ...LOCK, '--as', as);
      assert.deepEqual([code, stderr], [0, `locked  ${name}\n`]);
      assert.equal(run('verify', 'app-1.3.0.tgz', ...KEY, ...LOCK, '--as', as).code, 0);
    }
  });

  it('opens no connection with --offline', () => {
    const { code, stderr } = run('lock', 'oci:127.0.0.1:1/app:1', ...KEY, ...LOCK, '--offline');
    assert.equal(code, 2);
    assert.match(stderr, /--offline forbids/);
  });

  it('refuses a lockfile that is none', () => {
    writeFileSync(join(root, 'broken.lock'), '{"artifacts":{}}');
    assert.equal(run('lock', 'app-1.3.0.tgz', ...KEY, '--lockfile', 'broken.lock').code, 2);
    assert.equal(run('lock', 'app-1.3.0.tgz', ...KEY).code, 2);
  });
});

describe('danube provenance diff', () => {
  const json = (
    a: string,
    b: string,
  ): { readonly code: number | null; readonly report: Record<string, unknown> } => {
    const { code, stdout } = run('diff', a, b, '--format', 'json');
    return { code, report: JSON.parse(stdout) };
  };

  it('tells by meaning what differs', async () => {
    await release('one.tgz');
    await release('two.tgz', { source: `${SOURCE_URI}@refs/heads/next` });
    const { code, report } = json('one.tgz.intoto.jsonl', 'two.tgz.intoto.jsonl');
    assert.equal(code, 1);
    assert.deepEqual([report['sameInputs'], report['sameOutputs']], [false, false]);
    const differences = report['differences'] as { group: string; name: string }[];
    assert.ok(differences.some(({ group, name }) => group === 'source' && name === 'ref'));
    assert.ok(differences.some(({ group, name }) => group === 'outputs' && name === 'two.tgz'));
    assert.match(
      run('diff', 'one.tgz.intoto.jsonl', 'two.tgz.intoto.jsonl').stdout,
      /other inputs, other outputs/,
    );
  });

  it('ends with 0 when nothing differs but the run', () => {
    const { code, report } = json('one.tgz.intoto.jsonl', 'one.tgz.intoto.jsonl');
    assert.deepEqual([code, report['differences'], report['sameInputs']], [0, [], true]);
  });

  it('says that a build was not reproduced: the same inputs, other outputs', async () => {
    await release('same.tgz');
    const statement = statementOf({ 'same.tgz': 'other content' }, provenance());
    write(join(root, 'again.jsonl'), attestationOf(statement, await testKey(1)));
    const { stdout, code } = run('diff', 'same.tgz.intoto.jsonl', 'again.jsonl');
    assert.equal(code, 1);
    assert.match(stdout, /the same inputs, other outputs: not reproducible/);
  });

  it('refuses what is no provenance', () => {
    write(join(root, 'none.json'), '{}');
    assert.equal(run('diff', 'one.tgz.intoto.jsonl', 'none.json').code, 1);
    assert.equal(run('diff', 'one.tgz.intoto.jsonl', 'nowhere.json').code, 3);
  });
});
