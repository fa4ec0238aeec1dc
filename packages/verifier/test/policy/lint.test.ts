import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lintPolicy, type PolicySpec } from '../../src/documents/index.ts';

/** Leaves nothing open. */
const TIGHT: PolicySpec = {
  artifacts: [{ file: 'app-*.tgz' }],
  builders: [{ id: 'https://ci.example.com', level: 2 }],
  source: { uris: ['git+https://git.example.com/shop/app'], branches: ['main'] },
  parameters: { pipeline: { equals: 'release' }, version: { pattern: 'v*' } },
  attestations: [
    { name: 'bom', type: 'sbom' },
    { name: 'review', type: 'review', predicateType: 'a:b', expression: 'true', signedBy: ['reviewer'] },
  ],
};

/** Where a policy is warned of that differs from the tight one. */
function warned(change: Partial<Record<keyof PolicySpec, unknown>>): string[] {
  const spec = Object.fromEntries(
    Object.entries({ ...TIGHT, ...change }).filter(([, value]) => value !== undefined),
  ) as unknown as PolicySpec;
  return lintPolicy({
    apiVersion: 'danube.dev/v1',
    kind: 'ProvenancePolicy',
    metadata: { name: 'a' },
    spec,
  }).map(({ pointer, message }) => `${pointer} ${message}`);
}

describe('lintPolicy', () => {
  it('says nothing of a policy that leaves nothing open', () => {
    assert.deepEqual(warned({}), []);
    for (const field of ['refs', 'branches', 'tags', 'commits'])
      assert.deepEqual(warned({ source: { uris: ['a:b'], [field]: ['x'] } }), [], field);
  });

  it('tells a selector of every artifact, of any kind', () => {
    assert.deepEqual(warned({ artifacts: [{ file: 'a' }, { file: '**' }] }), [
      '/spec/artifacts/1/file is about every artifact of its kind',
    ]);
    assert.equal(warned({ artifacts: [{ file: '*/?' }] }).length, 1);
  });

  it('tells builders that are not named, and levels that are not demanded', () => {
    assert.deepEqual(warned({ builders: undefined }), [
      '/spec names no builders: any that the caller trusts will do',
    ]);
    assert.deepEqual(warned({ builders: [{ id: 'a:b', level: 1 }, { id: 'a:c' }] }), [
      '/spec/builders/1 demands no Build level',
    ]);
  });

  it('tells a source, a repository and a ref that are not named', () => {
    assert.deepEqual(warned({ source: undefined }), [
      '/spec names no source: a build of any repository will do',
    ]);
    assert.deepEqual(warned({ source: { branches: ['main'] } }), [
      '/spec/source names no uris: any repository will do',
    ]);
    assert.deepEqual(warned({ source: { uris: ['a:b'] } }), [
      '/spec/source names no ref: any branch, also of a pull request, will do',
    ]);
  });

  it('tells parameters that may be anything, at the place where they stand', () => {
    const open = 'lets whoever starts the build set any value';
    assert.deepEqual(warned({ parameters: { 'a/b~c': { any: true } } }), [
      `/spec/parameters/a~1b~0c ${open}`,
    ]);
    assert.deepEqual(warned({ parameters: { a: { pattern: '**' }, b: { pattern: '*/?' } } }), [
      `/spec/parameters/a ${open}`,
      `/spec/parameters/b ${open}`,
    ]);
  });

  it('tells reviews and summaries that whoever signs the provenance could make', () => {
    const unsigned = (type: string): object => ({ name: 'x', type });
    const message = 'has no signedBy: whoever signs the provenance can make one';
    assert.deepEqual(warned({ attestations: ['sbom', 'review', 'summary', 'test-result'].map(unsigned) }), [
      `/spec/attestations/1 ${message}`,
      `/spec/attestations/2 has no signedBy: without a trust root, whoever signs the provenance can make one`,
    ]);
    assert.deepEqual(warned({ attestations: [{ ...unsigned('summary'), signedBy: ['verifier'] }] }), []);
  });
});
