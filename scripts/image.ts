/**
 * Makes the webhook's image as an OCI layout, without an engine, and byte for byte the same each time: one layer of the built
 * command on top of a base image, which is an OCI layout as well.
 *
 *   skopeo copy docker://gcr.io/distroless/nodejs24-debian12@sha256:… oci:base
 *   npm run image -- --base base --out image
 *
 * Prints the digest of the image's manifest: what a Deployment names, and what provenance is about.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { ROOT } from './repository.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

interface Base {
  readonly layers: readonly Descriptor[];
  readonly config: { readonly rootfs: { readonly diff_ids: readonly string[] } } & Readonly<
    Record<string, unknown>
  >;
}

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** @returns the digest of the manifest. */
export function makeImage(baseFolder: string, out: string): string {
  const base = readBase(baseFolder);
  const blobs = join(out, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const keep = (bytes: Uint8Array, mediaType: string): Descriptor => {
    const digest = sha256(bytes);
    writeFileSync(join(blobs, digest.slice(7)), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  for (const { digest } of base.layers) cpSync(blobPath(baseFolder, digest), blobPath(out, digest));
  const tar = encodeTar(filesOfCommand());
  const layer = keep(gzipSync(tar, { level: 9 }), LAYER);
  const config = keep(
    encode({
      ...base.config,
      created: '1970-01-01T00:00:00Z',
      history: undefined,
      rootfs: { type: 'layers', diff_ids: [...base.config.rootfs.diff_ids, sha256(tar)] },
      config: {
        User: '65532:65532',
        WorkingDir: '/app',
        Entrypoint: ['/nodejs/bin/node', '/app/bin/danube.cjs'],
        Cmd: ['webhook', 'serve', '--config', '/config/webhook.yaml'],
        Env: ['PATH=/nodejs/bin', 'NODE_ENV=production'],
      },
    }),
    'application/vnd.oci.image.config.v1+json',
  );
  const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [...base.layers, layer] };
  const described = keep(encode(manifest), MANIFEST);
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [described],
  };
  writeFileSync(join(out, 'index.json'), encode(index));
  writeFileSync(join(out, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return described.digest;
}

function readBase(folder: string): Base {
  const [described] = (readJson(join(folder, 'index.json')) as { manifests: Descriptor[] }).manifests;
  if (described?.mediaType !== MANIFEST) {
    throw new Error(
      `${folder}: expected one image in its index (of one platform), found ${described?.mediaType}`,
    );
  }
  const manifest = readJson(blobPath(folder, described.digest)) as {
    layers: Descriptor[];
    config: Descriptor;
  };
  return {
    layers: manifest.layers,
    config: readJson(blobPath(folder, manifest.config.digest)) as Base['config'],
  };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function blobPath(folder: string, digest: string): string {
  return join(folder, 'blobs', 'sha256', digest.slice(7));
}

function encode(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

interface File {
  readonly path: string;
  readonly mode: number;
  readonly bytes: Uint8Array;
}

function filesOfCommand(): File[] {
  const cli = join(ROOT, 'packages', 'cli');
  const file = (path: string, mode: number): File => ({
    path: `app/${path}`,
    mode,
    bytes: readFileSync(join(cli, path)),
  });
  // What V8 compiled on the machine of the build is no part of it.
  const built = readdirSync(join(cli, 'dist')).filter((name) => /\.cjs$|^LICEN[CS]E/.test(name));
  return [
    file('bin/danube.cjs', 0o555),
    ...built.sort().map((name) => file(`dist/${name}`, 0o444)),
    file('package.json', 0o444),
  ];
}

/** A tar (ustar) of plain files, of nobody, made at no time. */
function encodeTar(files: readonly File[]): Buffer {
  const parts = files.flatMap(({ path, mode, bytes }) => {
    const header = Buffer.alloc(512);
    const write = (text: string, offset: number): void => void header.write(text, offset, 'ascii');
    const octal = (value: number, length: number): string =>
      `${value.toString(8).padStart(length - 1, '0')}\0`;
    write(path, 0);
    write(octal(mode, 8), 100);
    write(octal(0, 8), 108);
    write(octal(0, 8), 116);
    write(octal(bytes.length, 12), 124);
    write(octal(0, 12), 136);
    write(' '.repeat(8), 148);
    write('0', 156);
    write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { base: { type: 'string' }, out: { type: 'string' } } });
  if (values.base === undefined || values.out === undefined) throw new Error('expected --base DIR --out DIR');
  console.log(makeImage(values.base, values.out));
}
