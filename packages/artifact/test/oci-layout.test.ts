import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ARTIFACT_LIMITS, readOciLayout } from '@danube/artifact';
import { artifactError, folderOf, hashOf, hashOfZeros, writeSparse } from './folder.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const NAME = 'org.opencontainers.image.ref.name';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A layout that is written blob by blob. */
class Layout {
  readonly dir: string = folderOf({ 'oci-layout': '{"imageLayoutVersion":"1.0.0"}' });

  blob(content: string | Uint8Array, mediaType: string, algorithm: string = 'sha256'): Descriptor {
    const hex = hashOf(content, algorithm);
    mkdirSync(join(this.dir, 'blobs', algorithm), { recursive: true });
    writeFileSync(join(this.dir, 'blobs', algorithm, hex), content);
    return { mediaType, digest: `${algorithm}:${hex}`, size: Buffer.byteLength(content) };
  }

  json(value: object, mediaType: string): Descriptor {
    return this.blob(JSON.stringify(value), mediaType);
  }

  manifest(change: object = {}, layers: readonly object[] = [this.blob('layer', LAYER)]): Descriptor {
    const config = this.blob('{}', CONFIG);
    return this.json({ schemaVersion: 2, mediaType: MANIFEST, config, layers, ...change }, MANIFEST);
  }

  index(manifests: readonly object[], change: object = {}): Descriptor {
    return this.json({ schemaVersion: 2, mediaType: INDEX, manifests, ...change }, INDEX);
  }

  top(manifests: readonly object[], change: object = {}): this {
    writeFileSync(join(this.dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests, ...change }));
    return this;
  }
}

function digestOf({ digest }: Descriptor): Record<string, string> {
  const [algorithm = '', hex = ''] = digest.split(':');
  return { [algorithm]: hex };
}

describe('readOciLayout', () => {
  it('gives name and digest of each image that index.json names', async () => {
    const layout = new Layout();
    const manifest = layout.manifest();
    const index = layout.index([manifest]);
    layout.top([{ ...manifest, annotations: { [NAME]: 'docker.io/library/app:1.0', other: 'x' } }, index]);
    assert.deepEqual(await readOciLayout(layout.dir), [
      {
        name: 'docker.io/library/app:1.0',
        mediaType: MANIFEST,
        digest: digestOf(manifest),
        size: manifest.size,
        annotations: { [NAME]: 'docker.io/library/app:1.0', other: 'x' },
      },
      { mediaType: INDEX, digest: digestOf(index), size: index.size },
    ]);
  });

  it('reads the types of Docker, sha512, and blobs that are neither manifest nor index', async () => {
    const layout = new Layout();
    const docker = 'application/vnd.docker.distribution.manifest.v2+json';
    const list = 'application/vnd.docker.distribution.manifest.list.v2+json';
    const layers = [layout.blob('a', LAYER, 'sha512'), layout.blob('b', 'application/x-unknown')];
    const config = layout.blob('{}', CONFIG);
    const manifest = layout.json({ schemaVersion: 2, mediaType: docker, config, layers }, docker);
    const unknown = layout.blob('c', 'application/x-unknown');
    const index = layout.json({ schemaVersion: 2, mediaType: list, manifests: [manifest, unknown] }, list);
    const [image] = await readOciLayout(layout.top([index]).dir);
    assert.deepEqual(image, { mediaType: list, digest: digestOf(index), size: index.size });
  });

  it('hashes large layers, and each blob once', async () => {
    const layout = new Layout();
    const size = 3 * 1024 * 1024;
    const hex = hashOfZeros(size);
    mkdirSync(join(layout.dir, 'blobs/sha256'), { recursive: true });
    writeSparse(join(layout.dir, 'blobs/sha256', hex), size);
    const layer = { mediaType: LAYER, digest: `sha256:${hex}`, size };
    let total = 0;
    layout.top([layout.manifest({}, [layer, layer]), layout.manifest({ annotations: { a: 'b' } }, [layer])]);
    await readOciLayout(layout.dir, { onProgress: (_, bytes) => (total = bytes) });
    assert.equal(total, size + 2);
  });

  it('rejects a directory that is no layout', async () => {
    await assert.rejects(readOciLayout(folderOf()), artifactError('ERR_ARTIFACT_NOT_FOUND', /oci-layout/));
    const layout = new Layout().top([]);
    await assert.rejects(
      readOciLayout(layout.dir),
      artifactError('ERR_ARTIFACT_OCI_LAYOUT', /names no image/),
    );
    writeFileSync(join(layout.dir, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}');
    await assert.rejects(readOciLayout(layout.dir), artifactError('ERR_ARTIFACT_OCI_LAYOUT', /version/));
    writeFileSync(
      join(layout.dir, 'oci-layout'),
      '{"imageLayoutVersion":"1.0.0","imageLayoutVersion":"1.0.0"}',
    );
    await assert.rejects(readOciLayout(layout.dir), artifactError('ERR_ARTIFACT_OCI_LAYOUT', /malformed/));
  });
});

describe('readOciLayout and blobs', () => {
  const BLOBS: readonly (readonly [
    what: string,
    pick: (layout: Layout, manifest: Descriptor) => Descriptor,
  ])[] = [
    ['the manifest', (_, manifest) => manifest],
    ['a layer', (layout) => layout.blob('layer', LAYER)],
    ['the configuration', (layout) => layout.blob('{}', CONFIG)],
  ];
  for (const [what, pick] of BLOBS) {
    it(`rejects a layout where ${what} has other bytes, another size, or is missing`, async () => {
      const layout = new Layout();
      const manifest = layout.manifest();
      layout.top([manifest]);
      const { digest, size } = pick(layout, manifest);
      const path = join(layout.dir, 'blobs', digest.replace(':', '/'));
      writeFileSync(path, Buffer.alloc(size, ' '));
      await assert.rejects(
        readOciLayout(layout.dir),
        artifactError('ERR_ARTIFACT_OCI_DIGEST', /has the sha256/),
      );
      writeFileSync(path, Buffer.alloc(size + 1, ' '));
      await assert.rejects(readOciLayout(layout.dir), artifactError('ERR_ARTIFACT_OCI_DIGEST', /bytes/));
      rmSync(path);
      await assert.rejects(readOciLayout(layout.dir), artifactError('ERR_ARTIFACT_NOT_FOUND'));
    });
  }

  it('rejects one blob with two sizes', async () => {
    const layout = new Layout();
    const layer = layout.blob('layer', LAYER);
    layout.top([layout.manifest({}, [layer, { ...layer, size: 6 }])]);
    await assert.rejects(readOciLayout(layout.dir), artifactError('ERR_ARTIFACT_OCI_DIGEST'));
  });

  it('rejects digests that leave the folder of blobs (threat 49)', async () => {
    const layout = new Layout();
    const manifest = layout.manifest();
    const digests = [
      'sha256:../../secret',
      'sha256:',
      `SHA256:${manifest.digest.slice(7)}`,
      `${manifest.digest}\n`,
      '../x:y',
      `sha256:${'A'.repeat(64)}`,
      'md5:d41d8cd98f00b204e9800998ecf8427e',
      `sha512:${manifest.digest.slice(7)}`,
    ];
    for (const digest of digests) {
      layout.top([{ ...manifest, digest }]);
      await assert.rejects(
        readOciLayout(layout.dir),
        artifactError('ERR_ARTIFACT_OCI_LAYOUT', /\/manifests\/0\/digest/),
        digest,
      );
    }
  });

  it('rejects blobs that are links out of the layout (threat 18)', async () => {
    const layout = new Layout();
    const outside = folderOf({ layer: 'layer' });
    const layer = layout.blob('layer', LAYER);
    layout.top([layout.manifest()]);
    const path = join(layout.dir, 'blobs', layer.digest.replace(':', '/'));
    rmSync(path);
    symlinkSync(join(outside, 'layer'), path);
    await assert.rejects(readOciLayout(layout.dir), artifactError('ERR_ARTIFACT_SYMLINK_ESCAPE'));
  });

  it('reads blobs and documents that are links inside the layout', async () => {
    const layout = new Layout();
    const manifest = layout.manifest();
    layout.top([manifest]);
    const path = join(layout.dir, 'blobs', manifest.digest.replace(':', '/'));
    symlinkSync(path, join(layout.dir, 'other'));
    assert.equal((await readOciLayout(layout.dir)).length, 1);
  });
});

describe('readOciLayout and documents', () => {
  const WRONG: readonly (readonly [what: string, make: (layout: Layout) => Descriptor])[] = [
    ['a manifest that also is an index (CVE-2021-41190)', (layout) => layout.manifest({ manifests: [] })],
    ['an index that also is a manifest', (layout) => layout.index([layout.manifest()], { layers: [] })],
    [
      'an index with a configuration',
      (layout) => layout.index([layout.manifest()], { config: layout.blob('{}', CONFIG) }),
    ],
    ['a manifest that says it is an index', (layout) => layout.manifest({ mediaType: INDEX })],
    [
      'an index that says it is a manifest',
      (layout) => layout.index([layout.manifest()], { mediaType: MANIFEST }),
    ],
    [
      'a manifest that is called an index',
      (layout) => ({ ...layout.manifest({ mediaType: undefined }), mediaType: INDEX }),
    ],
    ['schema version 1', (layout) => layout.manifest({ schemaVersion: 1 })],
    ['a manifest without a configuration', (layout) => layout.manifest({ config: undefined })],
    ['a manifest without layers', (layout) => layout.manifest({ layers: undefined })],
    ['a layer that is null (threat 16)', (layout) => layout.manifest({ layers: [null] })],
    ['a negative size', (layout) => layout.manifest({}, [{ ...layout.blob('x', LAYER), size: -1 }])],
    [
      'a size that is no integer',
      (layout) => layout.manifest({}, [{ ...layout.blob('x', LAYER), size: 1.5 }]),
    ],
    ['something that is not JSON', (layout) => layout.blob('not JSON', MANIFEST)],
    [
      'a manifest with a key twice',
      (layout) => layout.blob('{"schemaVersion":2,"schemaVersion":2}', MANIFEST),
    ],
    ['something that is neither', (layout) => layout.blob('{}', CONFIG)],
    // Readers in Go compare names without their case, and the last one counts.
    ['a manifest with layers of two spellings', (layout) => layout.manifest({ Layers: [] })],
    [
      'an index with images of two spellings',
      (layout) => layout.index([layout.manifest()], { manifeſts: [] }),
    ],
    [
      'a descriptor with digests of two spellings',
      (layout) =>
        layout.manifest({}, [{ ...layout.blob('a', LAYER), DIGEST: layout.blob('b', LAYER).digest }]),
    ],
    [
      'a platform with architectures of two spellings',
      (layout) => {
        const platform = { os: 'linux', architecture: 'amd64', Architecture: 'arm64' };
        return layout.index([Object.assign(layout.manifest(), { platform })]);
      },
    ],
  ];
  for (const [what, make] of WRONG) {
    it(`rejects ${what}`, async () => {
      const layout = new Layout();
      layout.top([make(layout)]);
      await assert.rejects(readOciLayout(layout.dir), artifactError('ERR_ARTIFACT_OCI_LAYOUT'));
    });
  }

  it('rejects them also inside an index', async () => {
    const layout = new Layout();
    layout.top([layout.index([layout.manifest({ manifests: [] })])]);
    await assert.rejects(readOciLayout(layout.dir), artifactError('ERR_ARTIFACT_OCI_LAYOUT'));
  });

  it('rejects a name that would show as another', async () => {
    const layout = new Layout();
    layout.top([{ ...layout.manifest(), annotations: { [NAME]: 'a\u202eb' } }]);
    await assert.rejects(readOciLayout(layout.dir), artifactError('ERR_ARTIFACT_NAME_CONTROL'));
  });

  it('reads indexes in one another as deep as the limit says, and not deeper (threat 47)', async () => {
    const layout = new Layout();
    let top = layout.manifest();
    for (let depth = 1; depth < ARTIFACT_LIMITS.ociDepth; depth += 1) top = layout.index([top]);
    assert.equal((await readOciLayout(layout.top([top]).dir)).length, 1);
    await assert.rejects(
      readOciLayout(layout.top([layout.index([top])]).dir),
      artifactError('ERR_ARTIFACT_LIMIT'),
    );
  });

  it('reads documents as large as the limit says, and not larger (threat 47)', async () => {
    const layout = new Layout();
    const padded = (bytes: number): Descriptor => {
      const text = JSON.stringify({ schemaVersion: 2, config: layout.blob('{}', CONFIG), layers: [] });
      return layout.blob(text + ' '.repeat(bytes - text.length), MANIFEST);
    };
    layout.top([padded(ARTIFACT_LIMITS.ociDocumentBytes)]);
    assert.equal((await readOciLayout(layout.dir)).length, 1);
    layout.top([padded(ARTIFACT_LIMITS.ociDocumentBytes + 1)]);
    await assert.rejects(readOciLayout(layout.dir), artifactError('ERR_ARTIFACT_LIMIT'));
  });

  it('rejects more blobs than the limit (threat 47)', async () => {
    const layout = new Layout();
    const layer = layout.blob('x', LAYER);
    const layers = Array.from({ length: ARTIFACT_LIMITS.ociBlobs + 1 }, (_, index) => ({
      ...layer,
      digest: `sha256:${hashOf(`${index}`)}`,
    }));
    const half = layers.length / 2;
    layout.top([layout.manifest({}, layers)]);
    await assert.rejects(readOciLayout(layout.dir), artifactError('ERR_ARTIFACT_OCI_LAYOUT', /entries/));
    layout.top([layout.manifest({}, layers.slice(0, half)), layout.manifest({}, layers.slice(half))]);
    await assert.rejects(readOciLayout(layout.dir), artifactError('ERR_ARTIFACT_LIMIT'));
  });
});
