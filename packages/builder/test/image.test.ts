import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { imageName, imageReference, imageSchema, imageUri } from '../src/image.ts';

const digest = { sha256: '5f'.repeat(32) };

describe('imageSchema', () => {
  for (const name of [
    'docker.io/library/node',
    'localhost/app',
    'localhost:5000/app',
    'registry:5000/app',
    'registry.danube-system/acme/frontend',
    '10.0.0.1:5000/a/b/c',
    'ghcr.io/a.b/c_d/e__f/g--h',
  ]) {
    it(`accepts ${name}`, () => {
      assert.equal(imageSchema.safeParse({ name, digest }).success, true);
    });
  }

  for (const name of [
    'node',
    'library/node',
    'docker.io',
    'docker.io/',
    'docker.io//node',
    'docker.io/node/',
    'docker.io/-node',
    'docker.io/a..b',
    'docker.io/a___b',
    'https://docker.io/library/node',
    '-a.b/c',
    '.a/c',
    'a.b:port/c',
    'user@a.b/c',
    'docker.io/library/node\n',
  ]) {
    it(`rejects ${JSON.stringify(name)}`, () => {
      assert.equal(imageSchema.safeParse({ name, digest }).success, false);
    });
  }

  it('rejects a digest by another algorithm than registries use', () => {
    assert.equal(
      imageSchema.safeParse({ name: 'a.b/c', digest: { sha512: 'a'.repeat(128) } }).success,
      false,
    );
  });
});

describe('names of an image', () => {
  const image = { name: 'localhost:5000/acme/app', tag: '1.2', digest };

  it('writes it as people do, and as a runtime pulls it', () => {
    assert.equal(imageName(image), 'localhost:5000/acme/app:1.2');
    assert.equal(imageName({ name: image.name, digest }), 'localhost:5000/acme/app');
    assert.equal(imageReference(image), `localhost:5000/acme/app:1.2@sha256:${digest.sha256}`);
  });

  it('writes it as a package URL', () => {
    assert.equal(
      imageUri(image),
      `pkg:oci/app@sha256%3A${digest.sha256}?repository_url=localhost:5000/acme/app&tag=1.2`,
    );
    assert.equal(
      imageUri({ name: 'docker.io/library/node', digest }),
      `pkg:oci/node@sha256%3A${digest.sha256}?repository_url=docker.io/library/node`,
    );
  });
});
