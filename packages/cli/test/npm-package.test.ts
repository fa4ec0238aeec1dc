import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { danube, folder, type Outcome } from './danube.ts';

const VECTORS = join(import.meta.dirname, '../../../test-vectors');
const PACKAGE = 'pkg:npm/@shop/app@1.2.0';
const ROOT = ['--sigstore-root', join(VECTORS, 'keys/sigstore-root.json')];
const WORKFLOW = [
  '--certificate-identity=https://github.com/shop/app/.github/workflows/release.yml@refs/tags/v1.2.0',
  '--certificate-issuer=https://token.actions.githubusercontent.com',
];
const TARBALL = ['--tarball', 'app-1.2.0.tgz'];
const EVIDENCE = ['--provenance', 'attestations.json'];
const KEYS = ['--public-key', 'keys.json'];

const root = folder();

function verify(...args: readonly string[]): Outcome {
  return danube(['provenance', 'verify', ...args, ...ROOT, ...WORKFLOW], { cwd: root });
}

function write(name: string, content: object | string): void {
  writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content));
}

function lock(entries: object): object {
  return { name: 'a-consumer', lockfileVersion: 3, packages: entries };
}

describe('danube provenance verify pkg:npm/NAME@VERSION', () => {
  before(() => {
    cpSync(join(VECTORS, 'verify/npm-package'), root, { recursive: true });
    cpSync(join(VECTORS, 'verify/npm-package-lock/package-lock.json'), join(root, 'package-lock.json'));
    write('changed.tgz', 'another tarball');
  });

  it('turns accepted into rejected: --tarball', () => {
    const good = verify(PACKAGE, ...TARBALL, ...EVIDENCE, ...KEYS);
    assert.deepEqual(
      [good.code, good.stdout.split('\n')[0]?.slice(0, 40)],
      [0, 'accepted  pkg:npm/%40shop/app@1.2.0  (id'],
    );
    assert.equal(verify(PACKAGE, '--tarball', 'changed.tgz', ...EVIDENCE, ...KEYS).code, 1);
  });

  it('turns accepted into rejected: --package-lock', () => {
    assert.equal(verify(PACKAGE, '--package-lock', 'package-lock.json', ...EVIDENCE, ...KEYS).code, 0);
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string; integrity?: string }>;
    };
    const at = 'node_modules/@shop/app';
    const other = `sha512-${Buffer.alloc(64).toString('base64')}`;
    const version = '1.2.0';
    write('other-package-lock.json', lock({ [at]: { version, integrity: other } }));
    assert.equal(verify(PACKAGE, '--package-lock', 'other-package-lock.json', ...EVIDENCE, ...KEYS).code, 2);
    write('npm-shrinkwrap.json', lock({ [at]: { version, integrity: other } }));
    assert.equal(verify(PACKAGE, '--package-lock', 'npm-shrinkwrap.json', ...EVIDENCE, ...KEYS).code, 1);
    for (const [entries, message] of [
      [{ [at]: { ...packages[at], version: '1.2.1' } }, /pins no pkg:npm/],
      [{ [at]: { version } }, /without a SHA-512 digest/],
      [{ ...packages, [`node_modules/x/${at}`]: { version, integrity: other } }, /2 different tarballs/],
    ] as const) {
      write('npm-shrinkwrap.json', lock(entries));
      const { code, stderr } = verify(PACKAGE, '--package-lock', 'npm-shrinkwrap.json', ...EVIDENCE, ...KEYS);
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
  });

  it('says which version a lock file pins instead, and what else it needs to know', () => {
    const { code, stderr } = verify(
      'pkg:npm/@shop/app@1.2.9',
      '--package-lock',
      'package-lock.json',
      ...EVIDENCE,
      ...KEYS,
    );
    assert.equal(code, 2);
    assert.match(
      stderr,
      /pins no pkg:npm\/%40shop\/app@1\.2\.9\nhint: it pins pkg:npm\/%40shop\/app@1\.2\.0\n/,
    );
    const alone = danube(['provenance', 'verify', PACKAGE, ...TARBALL, ...EVIDENCE, ...KEYS], { cwd: root });
    assert.equal(alone.code, 2);
    assert.match(alone.stderr, /which workflow may have built the package/);
    assert.match(alone.stderr, /hint: add --sigstore-root/);
  });

  it('takes a key as well as the list that a registry answers, and nothing else', () => {
    const { keys } = JSON.parse(readFileSync(join(root, 'keys.json'), 'utf8')) as {
      keys: { key: string; expires: string | null }[];
    };
    write('key.pub', `-----BEGIN PUBLIC KEY-----\n${keys[0]?.key}\n-----END PUBLIC KEY-----\n`);
    const by = (path: string): number | null =>
      verify(PACKAGE, ...TARBALL, ...EVIDENCE, '--public-key', path).code;
    assert.equal(by('key.pub'), 0);
    assert.equal(by(join(VECTORS, 'keys/p256.pub')), 1);
    for (const [document, code] of [
      [{ keys: [{ ...keys[0], expires: '2026-01-31T00:00:00.000Z' }] }, 1],
      [{ keys: [{ ...keys[0], expires: 'tomorrow' }] }, 2],
      [{ keys: [{ ...keys[0], key: 'bm8=' }] }, 2],
      [{ keys: [keys[0], keys[0]] }, 2],
      [{ keys: [] }, 2],
      [{}, 2],
    ] as const) {
      write('list.json', document);
      assert.equal(by('list.json'), code, JSON.stringify(document));
    }
  });

  it('is rejected for another package, version or scope', () => {
    for (const other of ['pkg:npm/%40shop/app@1.2.1', 'pkg:npm/@shop/app-evil@1.2.0', 'pkg:npm/app@1.2.0']) {
      const { code, stdout } = verify(other, ...TARBALL, ...EVIDENCE, ...KEYS);
      assert.equal(code, 1);
      assert.match(stdout, /npm\.package failed/);
    }
  });

  it('finds attestations beside the tarball', () => {
    assert.equal(verify(PACKAGE, ...TARBALL, ...KEYS).code, 1);
    cpSync(join(root, 'attestations.json'), join(root, 'app-1.2.0.tgz.sigstore.json'));
    assert.equal(verify(PACKAGE, ...TARBALL, ...KEYS).code, 0);
  });

  it('refuses what says nothing of one package', () => {
    const all = [...TARBALL, ...EVIDENCE, ...KEYS];
    for (const args of [
      [PACKAGE, ...EVIDENCE, ...KEYS],
      [PACKAGE, ...TARBALL, ...EVIDENCE],
      [PACKAGE, ...KEYS, '--package-lock', 'package-lock.json'],
      [PACKAGE, ...all, '--package-lock', 'package-lock.json'],
      [PACKAGE, PACKAGE, ...all],
      [PACKAGE, 'app-1.2.0.tgz', ...all],
      [PACKAGE, ...all, '--job', 'abc'],
      [PACKAGE, ...all, '--as', 'pkg:npm/app@1.2.0'],
      [PACKAGE, ...all, '--plain-http'],
      [PACKAGE, ...all, '--store', '.'],
      ['pkg:npm/@shop/app', ...all],
      ['pkg:npm/@shop/app@^1.2.0', ...all],
      ['pkg:npm/@shop/app@1.2.0?a=b', ...all],
      ['pkg:pypi/app@1.2.0', ...all],
      ['pkg:', ...all],
      ['app-1.2.0.tgz', ...all],
    ]) {
      const { code, stdout } = verify(...args);
      assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    }
  });
});
