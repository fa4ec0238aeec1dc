import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseStatement } from 'in-toto-attestation';
import { draftPolicy, encodePolicy, parsePolicy, type PolicySpec } from '../../src/documents/index.ts';
import {
  APP,
  BUILD_TYPE,
  BUILDER_ID,
  COMMIT,
  LIB,
  SOURCE_URI,
  artifactOf,
  bytesOf,
  predicateOf,
  statementOf,
} from '../fixture.ts';

function draft(definition: object = {}, statement: object = {}, level?: number): PolicySpec {
  const predicate = predicateOf({ definition });
  const drafted = draftPolicy(
    parseStatement(bytesOf(statementOf({ predicate, ...statement }))),
    'shop',
    level,
  );
  // What is drafted is a policy.
  parsePolicy(bytesOf(encodePolicy(drafted)));
  return drafted.spec;
}

const PARAMETERS = { pipeline: 'release', source: `${SOURCE_URI}@refs/heads/main`, trigger: 'push' };
const sha256 = '1'.repeat(64);

describe('draftPolicy', () => {
  it('demands what the good build was', () => {
    assert.deepEqual(draft(), {
      artifacts: [{ file: 'app.tgz' }],
      builders: [{ id: BUILDER_ID }],
      buildTypes: [BUILD_TYPE],
      source: { uris: [SOURCE_URI], branches: ['main'] },
      parameters: {
        '/pipeline': { equals: 'release' },
        '/parameters/version': { equals: '1.2.0' },
        '/parameters/retries': { equals: 3 },
      },
      triggers: ['push'],
      dependencies: {
        digests: 'required',
        images: 'resolved',
        sources: [{ uri: SOURCE_URI }, { image: 'docker.io/library/node' }],
      },
    });
    assert.deepEqual(draft({}, {}, 3).builders, [{ id: BUILDER_ID, level: 3 }]);
  });

  it('leaves versions in names open, and selects each name once, in order', () => {
    const subject = ['lib-1.2.0.tgz', 'app-1.2.0.tgz', 'app-2.0.0.tgz', 'a[b]{c}!.tgz'].map((name) => ({
      ...artifactOf(name),
    }));
    assert.deepEqual(draft({}, { subject }).artifacts, [
      { file: 'a?b??c??.tgz' },
      { file: 'app-*.tgz' },
      { file: 'lib-*.tgz' },
    ]);
  });

  it('selects every file when none has a name', () => {
    assert.deepEqual(draft({}, { subject: [{ digest: APP.digest }] }).artifacts, [{ file: '**' }]);
    const subject = [{ digest: APP.digest }, LIB];
    assert.deepEqual(draft({}, { subject }).artifacts, [{ file: 'lib.tgz' }]);
  });

  it('demands the ref as what it is', () => {
    const of = (ref: string): PolicySpec['source'] =>
      draft({ externalParameters: { ...PARAMETERS, source: `${SOURCE_URI}${ref}` } }).source;
    assert.deepEqual(of('@refs/tags/v1.2.0'), { uris: [SOURCE_URI], tags: ['v*'] });
    assert.deepEqual(of('@refs/pull/1/merge'), { uris: [SOURCE_URI], refs: ['refs/pull/1/merge'] });
    assert.deepEqual(of(''), { uris: [SOURCE_URI] });
  });

  it('leaves out what the build does not say', () => {
    const spec = draft({
      buildType: 'https://example.com/unknown',
      resolvedDependencies: [],
      externalParameters: { x: null },
    });
    assert.deepEqual(Object.keys(spec), ['artifacts', 'builders', 'buildTypes']);
  });

  it('demands dependencies from the same places, each place once', () => {
    const resolvedDependencies = [
      { uri: `${SOURCE_URI}@refs/heads/main`, digest: { gitCommit: COMMIT } },
      { uri: `${SOURCE_URI}@refs/heads/other`, digest: { gitCommit: COMMIT } },
      { uri: `pkg:oci/node@sha256%3A${sha256}?repository_url=r.example.com/base/node`, digest: { sha256 } },
    ];
    assert.deepEqual(draft({ resolvedDependencies }).dependencies, {
      digests: 'required',
      images: 'pinned',
      sources: [{ uri: SOURCE_URI }, { image: 'r.example.com/base/node' }],
    });
    const floating = { uri: 'pkg:docker/base/node@24?repository_url=r.example.com', digest: { sha256 } };
    const both = draft({ resolvedDependencies: [...resolvedDependencies, floating] }).dependencies;
    assert.equal(both?.images, 'resolved');
    assert.equal(
      draft({ resolvedDependencies: [floating, ...resolvedDependencies] }).dependencies?.images,
      'resolved',
    );
  });

  it('demands no dependencies when one of them could not be demanded, or there is none', () => {
    const good = { uri: 'https://example.com/a', digest: { sha256 } };
    assert.ok(draft({ resolvedDependencies: [good] }).dependencies);
    for (const bad of [
      { uri: good.uri },
      { digest: good.digest },
      { uri: 'pkg:oci/x', digest: good.digest },
    ]) {
      assert.equal(draft({ resolvedDependencies: [good, bad] }).dependencies, undefined);
    }
    assert.equal(draft({ resolvedDependencies: [] }).dependencies, undefined);
    assert.equal(draft({ resolvedDependencies: undefined }).dependencies, undefined);
  });
});
