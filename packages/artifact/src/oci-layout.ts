import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  asObject,
  type DigestSet,
  type JsonObject,
  MalformedError,
  parseJson,
  requiredString,
} from 'in-toto-attestation';
import { readDocument } from './document.ts';
import { ArtifactError, quote } from './errors.ts';
import { hashFiles, type HashOptions } from './hash.ts';
import { ARTIFACT_LIMITS } from './limits.ts';
import { checkName } from './name.ts';
import { type Descriptor, INDEX_TYPES, MANIFEST_TYPES, readIndex, readManifest } from './oci-manifest.ts';

/** A manifest or index that the layout's `index.json` names. */
export interface OciImage {
  /** The annotation `org.opencontainers.image.ref.name`, if there is one. */
  readonly name?: string;
  readonly mediaType: string;
  /** Of the manifest or index; the one by which registries and clusters know the image. */
  readonly digest: DigestSet;
  /** Of the manifest or index, in bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Layout {
  readonly dir: string;
  /** Configurations, layers and whatever else is not read but hashed, by file. */
  readonly blobs: Map<string, Descriptor>;
  /** Manifests and indexes that were read, by type and file. */
  readonly documents: Set<string>;
}

const REF_NAME = 'org.opencontainers.image.ref.name';

/**
 * The images of an OCI image layout (image-spec image-layout.md), after every manifest, index, configuration and layer
 * that belongs to them was found, of the size that its descriptor says, and hashed to the digest that it says.
 *
 * @throws {ArtifactError} `ERR_ARTIFACT_OCI_LAYOUT`, `_OCI_DIGEST`, `_LIMIT`, `_NOT_FOUND`, and what `hashFiles` throws
 * @throws the signal's reason when it is aborted
 */
export async function readOciLayout(
  dir: string,
  options: Pick<HashOptions, 'signal' | 'onProgress'> = {},
): Promise<OciImage[]> {
  const layout: Layout = { dir, blobs: new Map(), documents: new Set() };
  const version = parse(layout, 'oci-layout', readFile(layout, 'oci-layout'), readVersion);
  if (version !== '1.0.0') throw malformed(layout, 'oci-layout', `has version ${quote(version)}, not 1.0.0`);
  const images = parse(layout, 'index.json', readFile(layout, 'index.json'), (object) => readIndex(object));
  if (images.length === 0) throw malformed(layout, 'index.json', 'names no image');
  for (const image of images) {
    if (!isDocument(image)) {
      throw malformed(
        layout,
        'index.json',
        `names ${quote(image.mediaType)}, neither a manifest nor an index`,
      );
    }
    visit(layout, image, 1);
  }
  await checkBlobs(layout, options);
  return images.map(toImage);
}

function toImage({ mediaType, algorithm, hex, size, annotations }: Descriptor): OciImage {
  const name =
    annotations !== undefined && Object.hasOwn(annotations, REF_NAME) ? annotations[REF_NAME] : undefined;
  if (name !== undefined) checkName(name);
  return {
    ...(name === undefined ? {} : { name }),
    mediaType,
    digest: { [algorithm]: hex },
    size,
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** Checks and reads a manifest or index and all that it refers to; notes what else is to be hashed. */
function visit(layout: Layout, descriptor: Descriptor, depth: number): void {
  const file = fileOf(descriptor);
  if (!isDocument(descriptor)) {
    noteBlob(layout, file, descriptor);
    return;
  }
  const bytes = readFile(layout, file);
  const hex = createHash(descriptor.algorithm).update(bytes).digest('hex');
  checkBlob(layout, descriptor, { size: bytes.length, hex });
  if (depth > ARTIFACT_LIMITS.ociDepth) {
    throw limit(layout, file, `is deeper than ${ARTIFACT_LIMITS.ociDepth} indexes in one another`);
  }
  const key = `${descriptor.mediaType} ${file}`;
  if (layout.documents.has(key)) return;
  layout.documents.add(key);
  checkCount(layout);
  const read = INDEX_TYPES.includes(descriptor.mediaType) ? readIndex : readParts;
  for (const child of parse(layout, file, bytes, (object) => read(object, descriptor.mediaType))) {
    visit(layout, child, depth + 1);
  }
}

function readParts(object: JsonObject, mediaType: string): readonly Descriptor[] {
  const { config, layers } = readManifest(object, mediaType);
  return [config, ...layers];
}

function isDocument({ mediaType }: Descriptor): boolean {
  return INDEX_TYPES.includes(mediaType) || MANIFEST_TYPES.includes(mediaType);
}

function noteBlob(layout: Layout, file: string, descriptor: Descriptor): void {
  const other = layout.blobs.get(file);
  if (other !== undefined && other.size !== descriptor.size) {
    throw new ArtifactError(
      'ERR_ARTIFACT_OCI_DIGEST',
      `${quote(join(layout.dir, file))} is said to have ${other.size} bytes and ${descriptor.size} bytes`,
      { path: join(layout.dir, file) },
    );
  }
  layout.blobs.set(file, descriptor);
  checkCount(layout);
}

function checkCount({ dir, blobs, documents }: Layout): void {
  if (blobs.size + documents.size <= ARTIFACT_LIMITS.ociBlobs) return;
  throw new ArtifactError(
    'ERR_ARTIFACT_LIMIT',
    `${quote(dir)}: more than ${ARTIFACT_LIMITS.ociBlobs} blobs`,
    {
      path: dir,
    },
  );
}

async function checkBlobs(
  layout: Layout,
  options: Pick<HashOptions, 'signal' | 'onProgress'>,
): Promise<void> {
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const blobs = [...layout.blobs].filter(([, descriptor]) => descriptor.algorithm === algorithm);
    const names = blobs.map(([file]) => file);
    // A layout may come without the folder of an algorithm that it does not use.
    const hashed =
      names.length === 0 ? [] : await hashFiles(layout.dir, names, { ...options, algorithms: [algorithm] });
    for (const [index, { size, digest }] of hashed.entries()) {
      const descriptor = blobs[index]?.[1];
      if (descriptor !== undefined) checkBlob(layout, descriptor, { size, hex: digest[algorithm] ?? '' });
    }
  }
}

function checkBlob(layout: Layout, expected: Descriptor, actual: { size: number; hex: string }): void {
  if (actual.size === expected.size && actual.hex === expected.hex) return;
  const path = join(layout.dir, fileOf(expected));
  const difference =
    actual.size === expected.size
      ? `has the ${expected.algorithm} ${actual.hex}`
      : `has ${actual.size} bytes, and its descriptor says ${expected.size}`;
  throw new ArtifactError('ERR_ARTIFACT_OCI_DIGEST', `${quote(path)} ${difference}`, { path });
}

/** A descriptor's digest is an algorithm and hex, so this stays in the folder of blobs. */
function fileOf({ algorithm, hex }: Descriptor): string {
  return `blobs/${algorithm}/${hex}`;
}

function readVersion(object: JsonObject): string {
  return requiredString(object, 'imageLayoutVersion', '');
}

function readFile(layout: Layout, file: string): Uint8Array {
  return readDocument(layout.dir, file, ARTIFACT_LIMITS.ociDocumentBytes);
}

function parse<T>(layout: Layout, file: string, bytes: Uint8Array, read: (object: JsonObject) => T): T {
  try {
    return read(asObject(parseJson(bytes), ''));
  } catch (error) {
    throw error instanceof MalformedError
      ? malformed(layout, file, `is malformed: ${error.message}`, error)
      : error;
  }
}

function malformed(layout: Layout, file: string, what: string, cause?: MalformedError): ArtifactError {
  const path = join(layout.dir, file);
  return new ArtifactError('ERR_ARTIFACT_OCI_LAYOUT', `${quote(path)} ${what}`, { path, cause });
}

function limit(layout: Layout, file: string, what: string): ArtifactError {
  const path = join(layout.dir, file);
  return new ArtifactError('ERR_ARTIFACT_LIMIT', `${quote(path)} ${what}`, { path });
}
