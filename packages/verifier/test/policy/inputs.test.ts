/** What a policy says of dependencies and external parameters, at its boundaries. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Check, CheckId } from '../../src/index.ts';
import { imageOf, withoutRef } from '../../src/documents/policy/dependency-constraints.ts';
import {
  BUILD_TYPE,
  COMMIT,
  SOURCE_URI,
  attestationOf,
  predicateOf,
  predicateV02Of,
  signed,
  statementOf,
} from '../fixture.ts';
import { judge } from './policy-fixture.ts';

function made(id: CheckId, spec: object, predicate: object, change: object = {}): Check {
  const { checks } = attestationOf(judge(spec, { files: [signed(statementOf({ predicate, ...change }))] }));
  const found = checks.find((check) => check.id === id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found;
}

const sha256 = '1'.repeat(64);
const BY_DIGEST = `oci://r.example.com/base/node@sha256:${sha256}`;
const BY_TAG = 'oci://r.example.com/base/node:24';
const GIT = { uri: `${SOURCE_URI}@refs/heads/main`, digest: { gitCommit: COMMIT } };

describe('dependencies of a policy', () => {
  const judged = (dependency: object, demand: object = {}): Check =>
    made(
      'dependency',
      { dependencies: { digests: 'required', images: 'pinned', ...demand } },
      predicateOf({ definition: { resolvedDependencies: [GIT, dependency] } }),
    );

  it('each have a digest that counts', () => {
    assert.equal(judged({ uri: 'https://example.com/a', digest: { sha256 } }).status, 'pass');
    const { status, actual } = judged({ uri: 'https://example.com/a', digest: { sha1: COMMIT } });
    assert.deepEqual([status, actual], ['fail', 'https://example.com/a has no digest']);
    assert.equal(judged({ name: 'tool', content: 'YQ==' }).actual, 'tool has no digest');
    assert.equal(judged({ content: 'YQ==' }).actual, 'number 2 has no digest');
  });

  it('may have the SHA-1 of Git in provenance v0.2, whose materials have no other name for it', () => {
    const materials = (uri: string): string =>
      made(
        'dependency',
        { dependencies: { digests: 'required', images: 'pinned' } },
        predicateV02Of({ materials: [{ uri, digest: { sha1: COMMIT } }] }),
        { predicateType: 'https://slsa.dev/provenance/v0.2' },
      ).status;
    assert.equal(materials('git+https://example.com/a'), 'pass');
    assert.equal(materials('https://example.com/a'), 'fail');
    assert.equal(judged({ uri: 'git+https://example.com/a', digest: { sha1: COMMIT } }).status, 'fail');
  });

  it('that are images are named by the digest that they have', () => {
    assert.equal(judged({ uri: BY_DIGEST, digest: { sha256 } }).status, 'pass');
    assert.match(
      judged({ uri: BY_DIGEST, digest: { sha256: '2'.repeat(64) } }).actual ?? '',
      /another digest than it has$/,
    );
    assert.match(
      judged({ uri: BY_DIGEST, digest: { sha512: '2'.repeat(128) } }).actual ?? '',
      /without its sha256$/,
    );
    assert.match(judged({ uri: 'oci://', digest: { sha256 } }).actual ?? '', /cannot be read$/);
  });

  it('that are images may be named by a tag where they are only resolved', () => {
    const tagged = { uri: BY_TAG, digest: { sha256 } };
    assert.match(judged(tagged).actual ?? '', /by tag, which its registry may move$/);
    assert.equal(judged(tagged, { images: 'resolved' }).status, 'pass');
    const other = { uri: BY_DIGEST, digest: { sha256: '2'.repeat(64) } };
    assert.equal(judged(other, { images: 'resolved' }).status, 'fail');
  });

  it('come from one of the places, each by its kind', () => {
    const sources = [
      { uri: 'git+https://git.example.com/**' },
      { image: 'r.example.com/base/*' },
      { package: 'pkg:npm/@shop/*' },
    ];
    const from = (uri: string): string => judged({ uri, digest: { sha256 } }, { sources }).status;
    assert.equal(from(BY_DIGEST), 'pass');
    assert.equal(from('pkg:npm/%40shop/lib@1.0.0'), 'pass');
    assert.equal(from('git+https://git.example.com/a/b@refs/tags/v1'), 'pass');
    for (const uri of [
      BY_DIGEST.replace('base', 'other'),
      'pkg:npm/lib@1.0.0',
      'https://git.example.com/a',
      'pkg:',
    ])
      assert.equal(from(uri), 'fail', uri);
  });
});

describe('imageOf', () => {
  it('tells an image from what is none and from what cannot be read', () => {
    for (const uri of [undefined, 'https://r.example.com/a', 'pkg:npm/a@1', 'xoci://a/b'])
      assert.equal(imageOf(uri), undefined);
    for (const uri of ['oci://', 'pkg:oci/node@1', 'docker://a b'])
      assert.equal(imageOf(uri), 'unreadable', uri);
    const of = (uri: string): readonly unknown[] => {
      const image = imageOf(uri);
      return typeof image === 'object'
        ? [image.registry, image.repository, image.tag, image.digest]
        : [image];
    };
    const digest = `sha256:${sha256}`;
    const encoded = `sha256%3A${sha256}`;
    assert.deepEqual(of(`pkg:oci/node@${encoded}?repository_url=r.example.com/node&tag=24`), [
      'r.example.com',
      'node',
      '24',
      digest,
    ]);
    assert.deepEqual(of(`pkg:oci/node@${encoded}?repository_url=r.example.com/node`), [
      'r.example.com',
      'node',
      undefined,
      digest,
    ]);
    assert.deepEqual(of('pkg:docker/library/node@24'), ['docker.io', 'library/node', '24', undefined]);
    assert.deepEqual(of('pkg:docker/base/node@24?repository_url=r.example.com'), [
      'r.example.com',
      'base/node',
      '24',
      undefined,
    ]);
    assert.deepEqual(of('pkg:docker/base/node?repository_url=r.example.com&tag=25'), [
      'r.example.com',
      'base/node',
      '25',
      undefined,
    ]);
  });
});

describe('withoutRef', () => {
  it('leaves a URI whole when it is not certain where the ref begins', () => {
    assert.equal(withoutRef('git+https://a/b@refs/heads/x'), 'git+https://a/b');
    for (const uri of ['git+https://a/b', 'git+https://a/b@refs/heads/x@refs/y', ''])
      assert.equal(withoutRef(uri), uri);
  });
});

describe('parameters of a policy', () => {
  const source = `${SOURCE_URI}@refs/heads/main`;
  const judged = (externalParameters: object, spec: object, buildType = BUILD_TYPE): Check =>
    made('policy.rule:shop/parameters', spec, predicateOf({ definition: { externalParameters, buildType } }));

  it('hold a value, one of several, or a text that a pattern matches', () => {
    const status = (value: unknown, rule: object): string =>
      judged(
        { source, parameters: value === undefined ? {} : { a: value } },
        { parameters: { a: rule }, triggers: undefined },
      ).status;
    assert.deepEqual(
      [status('x', { equals: 'x' }), status('y', { equals: 'x' }), status(undefined, { equals: 'x' })],
      ['pass', 'fail', 'fail'],
    );
    assert.deepEqual(
      [status(3, { oneOf: [2, 3] }), status(3, { oneOf: [3, 2] }), status(4, { oneOf: [2, 3] })],
      ['pass', 'pass', 'fail'],
    );
    assert.deepEqual(
      [status('1.2', { pattern: '1.*' }), status('2.2', { pattern: '1.*' }), status(1.2, { pattern: '1.*' })],
      ['pass', 'fail', 'fail'],
    );
    assert.deepEqual([status(undefined, { any: true }), status(7, { any: true })], ['pass', 'pass']);
  });

  it('say which is absent, or what it is', () => {
    const spec = { parameters: { a: { equals: 'x' } }, triggers: undefined };
    assert.equal(judged({ source }, spec).actual, 'a is absent');
    assert.equal(judged({ source, parameters: { a: 'y' } }, spec).actual, 'a=y');
    assert.equal(judged({ source, parameters: { a: 'x' } }, spec).actual, 'there is no other');
  });

  it('list ten of those that nobody thought of', () => {
    const others = (count: number): string | null =>
      judged(
        { source, parameters: Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, n])) },
        { parameters: undefined, triggers: undefined },
      ).actual;
    assert.match(others(10) ?? '', /\/parameters\/p9$/);
    assert.match(others(11) ?? '', /\/parameters\/p9, and 1 more$/);
  });

  it('are named by the demand for what they hold, when it is for all that they hold', () => {
    const status = (source: object | undefined, triggers?: readonly string[]): string =>
      judged(
        { source: `${SOURCE_URI}@refs/heads/main`, ...(triggers !== undefined && { trigger: 'push' }) },
        { parameters: undefined, source, triggers },
      ).status;
    const uris = [SOURCE_URI];
    assert.equal(status({ uris, branches: ['main'] }), 'pass');
    assert.equal(status({ uris, refs: ['refs/heads/main'] }), 'pass');
    assert.equal(status({ uris, tags: ['v1'] }), 'pass');
    assert.equal(status({ uris }), 'fail');
    assert.equal(status({ branches: ['main'] }), 'fail');
    assert.equal(status(undefined), 'fail');
    assert.equal(status({ uris, branches: ['main'] }, ['push']), 'pass');
    const unread = { source: ['x'], trigger: 'push' };
    const spec = { parameters: undefined, source: undefined, triggers: ['push'] };
    assert.deepEqual(judged(unread, spec).actual, 'others: /source');
    assert.deepEqual(judged(unread, { ...spec, triggers: undefined }).actual, 'others: /source, /trigger');
  });
});
