/** A small image of our own making, pushed without any tool. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallImage {
  readonly manifest: Buffer;
  readonly digest: string;
  readonly blobs: readonly Buffer[];
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

export function smallImage(content: string): SmallImage {
  // An archive without files.
  const layer = Buffer.alloc(1024);
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: { content } },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: descriptor('application/vnd.oci.image.config.v1+json', config),
      layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  );
  return { manifest, digest: digestOf(manifest), blobs: [config, layer] };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function descriptor(mediaType: string, bytes: Buffer): object {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** Pushes it, with headers that the registry may want. */
export async function pushImage(
  base: string,
  repository: string,
  tag: string,
  image: SmallImage,
  own: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const blob of image.blobs) {
    const opened = await fetch(`${base}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers: own });
    const target = new URL(opened.headers.get('location') ?? '', base);
    target.searchParams.set('digest', digestOf(blob));
    const headers = { 'content-type': 'application/octet-stream', ...own };
    await expect(fetch(target, { method: 'PUT', headers, body: new Uint8Array(blob) }));
  }
  const headers = { 'content-type': MANIFEST, ...own };
  const body = new Uint8Array(image.manifest);
  await expect(fetch(`${base}/v2/${repository}/manifests/${tag}`, { method: 'PUT', headers, body }));
}

async function expect(answer: Promise<Response>): Promise<void> {
  const response = await answer;
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}

/** The same as an OCI layout on disk, for tools that copy it. */
export function writeLayout(folder: string, tag: string, image: SmallImage): void {
  mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true });
  for (const bytes of [...image.blobs, image.manifest]) {
    writeFileSync(join(folder, 'blobs', 'sha256', digestOf(bytes).slice(7)), bytes);
  }
  const entry = {
    ...descriptor(MANIFEST, image.manifest),
    annotations: { 'org.opencontainers.image.ref.name': tag },
  };
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
}
