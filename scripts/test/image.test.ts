import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readOciLayout } from '@danube/artifact';
import { makeImage } from '../image.ts';
import { ROOT } from '../repository.ts';

/** A base image of one layer, as skopeo leaves it. */
function makeBase(folder: string): void {
  const blobs = join(folder, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const keep = (mediaType: string, bytes: string): object => {
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
}

describe(
  'the image of the webhook',
  { skip: !existsSync(join(ROOT, 'packages/cli/dist/danube.cjs')) },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'image-'));
    after(() => rmSync(folder, { recursive: true }));

    it('is the same each time, and a layout that we read ourselves', async () => {
      const base = join(folder, 'base');
      makeBase(base);
      const first = makeImage(base, join(folder, 'first'));
      assert.match(first, /^sha256:[0-9a-f]{64}$/);
      assert.equal(makeImage(base, join(folder, 'second')), first);
      const [image] = await readOciLayout(join(folder, 'first'));
      assert.equal(JSON.stringify(image).includes(first.slice('sha256:'.length)), true);
    });
  },
);
