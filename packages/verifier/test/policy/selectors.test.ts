/** What the patterns of artifacts select, and which of them are none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { artifactMatcher, imageMatcher, packageMatcher } from '../../src/documents/policy/selectors.ts';
import { PatternError } from '../../src/documents/policy/patterns.ts';

const file = (pattern: string, name: string): boolean =>
  artifactMatcher({ file: pattern })({ name, digest: {} });
const ofPackage = (pattern: string, packageUrl?: string): boolean =>
  artifactMatcher({ package: pattern })({
    name: 'a',
    digest: {},
    ...(packageUrl !== undefined && { packageUrl }),
  });
const ofImage = (pattern: string, image?: string): boolean =>
  artifactMatcher({ image: pattern })({ name: 'a', digest: {}, ...(image !== undefined && { image }) });

function flaw(matcher: (pattern: string) => unknown, pattern: string): string {
  try {
    matcher(pattern);
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
  return '';
}

describe('a pattern of files', () => {
  it('is about the name alone without a slash, and about the whole path with one', () => {
    assert.equal(file('*.tgz', 'app.tgz'), true);
    assert.equal(file('*.tgz', 'out/app.tgz'), true);
    assert.equal(file('out/*.tgz', 'out/app.tgz'), true);
    assert.equal(file('out/*.tgz', 'app.tgz'), false);
    assert.equal(file('out/*.tgz', 'in/out/app.tgz'), false);
    assert.equal(file('**', 'in/out/app.tgz'), true);
    assert.equal(file('**', 'in/../app.tgz'), false);
    assert.equal(file('*', 'in/../app.tgz'), true);
  });
});

describe('a pattern of packages', () => {
  it('has an exact type, and a version only where it says one', () => {
    assert.equal(ofPackage('pkg:npm/@shop/*', 'pkg:npm/%40shop/app@1.0.0'), true);
    assert.equal(ofPackage('pkg:npm/@shop/*', 'pkg:npm/%40shop/app'), true);
    assert.equal(ofPackage('pkg:npm/@shop/*', 'pkg:pypi/%40shop/app@1.0.0'), false);
    assert.equal(ofPackage('pkg:npm/@shop/app@1.*', 'pkg:npm/%40shop/app@1.0.0'), true);
    assert.equal(ofPackage('pkg:npm/@shop/app@1.*', 'pkg:npm/%40shop/app@2.0.0'), false);
    assert.equal(ofPackage('pkg:npm/@shop/app@1.*', 'pkg:npm/%40shop/app'), false);
    assert.equal(ofPackage('pkg:npm/app'), false);
  });

  it('is written decoded, and is not about images', () => {
    for (const pattern of ['npm/app', 'pkg:npm', 'pkg:npm/%40shop/app', 'pkg:npm/app?a=b', 'pkg:npm/app#a']) {
      assert.match(flaw(packageMatcher, pattern), /^is no pattern of package URLs/, pattern);
    }
    for (const type of ['oci', 'docker']) {
      assert.match(flaw(packageMatcher, `pkg:${type}/app`), /^is about an image/);
    }
    assert.equal(flaw(packageMatcher, 'pkg:npm/app'), '');
  });
});

describe('a pattern of images', () => {
  const digest = `sha256:${'1'.repeat(64)}`;

  it('has an exact registry, and a tag only where it says one', () => {
    const host = 'registry.example.com:5000';
    assert.equal(ofImage(`${host}/shop/*`, `${host}/shop/app:1`), true);
    assert.equal(ofImage(`${host}/shop/*`, `${host}/shop/app@${digest}`), true);
    assert.equal(ofImage(`${host}/shop/*`, `registry.example.com/shop/app:1`), false);
    assert.equal(ofImage(`${host}/shop/app:1.*`, `${host}/shop/app:1.2`), true);
    assert.equal(ofImage(`${host}/shop/app:1.*`, `${host}/shop/app:2`), false);
    assert.equal(ofImage(`${host}/shop/app:1.*`, `${host}/shop/app@${digest}`), false);
    assert.equal(ofImage(`${host}/shop/app`), false);
  });

  it('names its registry as it is called, without wildcard, and no digest', () => {
    const example = 'registry.example.com/shop/app';
    assert.equal(flaw(imageMatcher, example), '');
    assert.match(flaw(imageMatcher, '*.example.com/shop/app'), /wildcard in its registry/);
    const form = 'is no pattern of images: REGISTRY/REPOSITORY or REGISTRY/REPOSITORY:TAG';
    assert.equal(flaw(imageMatcher, 'app'), form);
    assert.equal(flaw(imageMatcher, `${example}@${digest}`), form);
    assert.equal(
      flaw(imageMatcher, 'index.docker.io/library/node'),
      `${form}, and the registry is called docker.io`,
    );
    assert.equal(flaw(imageMatcher, 'shop/app'), `${form}, and the registry is called docker.io`);
  });
});
