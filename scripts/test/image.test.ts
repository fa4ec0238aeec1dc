import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readOciLayout } from '@danube/artifact';
import { makeImage } from '../image.ts';
import { ROOT } from '../repository.ts';

/** A base image of one layer, as skopeo leaves it. Returns the digest of its manifest and of its layer. */
function makeBase(folder: string): { readonly digest: string; readonly layer: string } {
  const blobs = join(folder, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const keep = (mediaType: string, bytes: string) => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const layer = keep('application/vnd.oci.image.layer.v1.tar+gzip', 'layer');
  const config = {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [`sha256:${'a'.repeat(64)}`] },
  };
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: keep('application/vnd.oci.image.config.v1+json', JSON.stringify(config)),
    layers: [layer],
  };
  const described = keep(mediaType, JSON.stringify(manifest));
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [described] }));
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return { digest: described.digest, layer: layer.digest };
}

describe(
  'the image of the webhook',
  { skip: !existsSync(join(ROOT, 'packages/cli/dist/danube.cjs')) },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'image-'));
    after(() => rmSync(folder, { recursive: true }));

    it('is the same each time, and a layout that we read ourselves', async () => {
      const base = join(folder, 'base');
      const { digest } = makeBase(base);
      const first = makeImage(base, digest, join(folder, 'first'));
      assert.match(first, /^sha256:[0-9a-f]{64}$/);
      assert.equal(makeImage(base, digest, join(folder, 'second')), first);
      const [image] = await readOciLayout(join(folder, 'first'));
      assert.equal(JSON.stringify(image).includes(first.slice('sha256:'.length)), true);
    });

    it('is made on the base that was named alone, to the last byte', () => {
      const base = join(folder, 'other-base');
      const { digest, layer } = makeBase(base);
      const out = join(folder, 'refused');
      assert.throws(() => makeImage(base, `sha256:${'0'.repeat(64)}`, out), /has the digest/);
      writeFileSync(join(base, 'blobs', 'sha256', layer.slice(7)), 'Layer');
      assert.throws(() => makeImage(base, digest, out), /not what its name says/);
    });
  },
);
