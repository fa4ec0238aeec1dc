/**
 * Makes the webhook's image as an OCI layout, without an engine, and byte for byte the same each time: one layer of the built
 * command on top of a base image, which is an OCI layout as well.
 *
 *   skopeo inspect --override-os linux --override-arch amd64 --format '{{.Digest}}' docker://gcr.io/distroless/nodejs24-debian12
 *   skopeo copy --preserve-digests docker://gcr.io/distroless/nodejs24-debian12@sha256:… oci:base
 *   npm run image -- --base base --base-digest sha256:… --out image
 *
 * The base is the one with that digest, to the last byte. The same commit, base and Node.js (which is pinned: its zlib makes the
 * layer) give the same image. Prints the digest of the image's manifest: what a Deployment names, and what provenance is about.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readArguments, refuseArguments } from './arguments.ts';
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

/** @param baseDigest of the base's manifest. @returns the digest of the manifest. */
export function makeImage(baseFolder: string, baseDigest: string, out: string): string {
  const base = readBase(baseFolder, baseDigest);
  const blobs = join(out, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const keep = (bytes: Uint8Array, mediaType: string): Descriptor => {
    const digest = sha256(bytes);
    writeFileSync(join(blobs, digest.slice(7)), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  for (const layer of base.layers) writeFileSync(blobPath(out, layer.digest), readBlob(baseFolder, layer));
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

function readBase(folder: string, digest: string): Base {
  const index = parseJson(readFileSync(join(folder, 'index.json'))) as { manifests: Descriptor[] };
  const [described, ...others] = index.manifests;
  if (described?.mediaType !== MANIFEST || others.length > 0) {
    throw new Error(`${folder}: expected one image in its index, of one platform`);
  }
  if (described.digest !== digest) {
    throw new Error(`${folder}: the image has the digest ${described.digest}, not ${digest}`);
  }
  const manifest = parseJson(readBlob(folder, described)) as { layers: Descriptor[]; config: Descriptor };
  return { layers: manifest.layers, config: parseJson(readBlob(folder, manifest.config)) as Base['config'] };
}

/** A blob that is what its descriptor says. */
function readBlob(folder: string, { digest, size }: Descriptor): Buffer {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`${folder}: not a SHA-256 digest: ${digest}`);
  const bytes = readFileSync(blobPath(folder, digest));
  if (bytes.length === size && sha256(bytes) === digest) return bytes;
  throw new Error(`${folder}: ${digest} is not what its name says`);
}

function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString('utf8'));
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
  const text = { type: 'string' } as const;
  const { values } = readArguments('image', { options: { base: text, 'base-digest': text, out: text } });
  const { base, 'base-digest': digest, out } = values;
  if (base === undefined || digest === undefined || out === undefined) {
    refuseArguments('image', 'expected --base DIR --base-digest sha256:HEX --out DIR');
  }
  console.log(makeImage(base, digest, out));
}
