/** Image manifests and indexes (image-spec), read strictly. Pure: bytes come from a layout on disk or from a registry. */
import {
  asObject,
  asString,
  joinPointer,
  type JsonObject,
  type JsonValue,
  MalformedError,
  member,
  optional,
  optionalString,
  readStringMap,
  required,
  requiredList,
  requiredString,
  withDefined,
} from 'in-toto-attestation';
import type { HashAlgorithm } from './algorithms.ts';
import { ARTIFACT_LIMITS } from './limits.ts';

/** Content descriptor (image-spec descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly algorithm: HashAlgorithm;
  readonly hex: string;
  /** In bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** A hint what kind of artifact a manifest is; some registries write something else here. */
  readonly artifactType?: string;
  readonly platform?: OciPlatform;
}

/** What an entry of an image index runs on. */
export interface OciPlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** An image manifest (image-spec manifest.md). */
export interface OciManifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** What this manifest is about, when it is attached to another one. */
  readonly subject?: Descriptor;
  readonly artifactType?: string;
}

export const INDEX_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
export const MANIFEST_TYPES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

const DIGEST = /^(?:sha256:([0-9a-f]{64})|sha512:([0-9a-f]{128}))$/;

/**
 * What an image index (image-spec image-index.md) names; `mediaType` is what its own descriptor says, if it has one.
 *
 * @throws {MalformedError}
 */
export function readIndex(object: JsonObject, mediaType?: string): readonly Descriptor[] {
  checkHeader(object, mediaType);
  forbid(object, ['layers', 'config', 'fsLayers'], 'an index');
  return requiredList(object, 'manifests', '', readDescriptor, ARTIFACT_LIMITS.ociBlobs);
}

/**
 * What an image manifest (image-spec manifest.md) says.
 *
 * @throws {MalformedError}
 */
export function readManifest(object: JsonObject, mediaType: string): OciManifest {
  checkHeader(object, mediaType);
  forbid(object, ['manifests', 'fsLayers'], 'a manifest');
  return withDefined<OciManifest>(
    {
      config: required(object, 'config', '', readDescriptor),
      layers: requiredList(object, 'layers', '', readDescriptor, ARTIFACT_LIMITS.ociBlobs),
    },
    {
      subject: optional(object, 'subject', '', readDescriptor),
      artifactType: optionalString(object, 'artifactType', ''),
    },
  );
}

function checkHeader(object: JsonObject, expected: string | undefined): void {
  checkNames(object, '');
  if (member(object, 'schemaVersion') !== 2)
    throw new MalformedError('ERR_VALUE', '/schemaVersion', 'expected 2');
  const mediaType = member(object, 'mediaType');
  const isRight =
    expected === undefined ? INDEX_TYPES.some((type) => type === mediaType) : mediaType === expected;
  if (mediaType !== undefined && !isRight) {
    throw new MalformedError('ERR_VALUE', '/mediaType', `expected ${expected ?? INDEX_TYPES[0]}`);
  }
}

/** A document that could be read as either of two would be attested as one and run as the other (CVE-2021-41190). */
function forbid(object: JsonObject, fields: readonly string[], what: string): void {
  for (const field of fields) {
    if (Object.hasOwn(object, field)) {
      throw new MalformedError('ERR_UNKNOWN_FIELD', `/${field}`, `${what} has no such field`);
    }
  }
}

/** The names of members by which something is decided: of documents, descriptors and platforms. */
const NAMES: readonly string[] = `
  schemaVersion mediaType artifactType manifests config layers fsLayers subject
  digest size annotations platform os architecture variant`
  .trim()
  .split(/\s+/);
const FOLDED: ReadonlyMap<string, string> = new Map(NAMES.map((name) => [fold(name), name]));

/**
 * Programs in Go, which is to say those that run images, take `Digest` for `digest` as well, and the last of them counts:
 * a document with both would be attested as one thing and run as the other.
 */
function checkNames(object: JsonObject, pointer: string): void {
  for (const key of Object.keys(object)) {
    const meant = FOLDED.get(fold(key));
    if (meant === undefined || meant === key) continue;
    throw new MalformedError(
      'ERR_UNKNOWN_FIELD',
      joinPointer(pointer, key),
      `some would read it as ${meant}`,
    );
  }
}

/** As Go compares names: beside the letters of ASCII, the long s and the Kelvin sign have a lower case in it. */
function fold(name: string): string {
  return name.toUpperCase().toLowerCase();
}

function readDescriptor(value: JsonValue, pointer: string): Descriptor {
  const object = asObject(value, pointer);
  checkNames(object, pointer);
  return withDefined<Descriptor>(
    {
      mediaType: requiredString(object, 'mediaType', pointer),
      ...required(object, 'digest', pointer, readDigest),
      size: required(object, 'size', pointer, readSize),
    },
    {
      annotations: optional(object, 'annotations', pointer, readStringMap),
      artifactType: optionalString(object, 'artifactType', pointer),
      platform: optional(object, 'platform', pointer, readPlatform),
    },
  );
}

function readPlatform(value: JsonValue, pointer: string): OciPlatform {
  const object = asObject(value, pointer);
  checkNames(object, pointer);
  return withDefined<OciPlatform>(
    {
      os: requiredString(object, 'os', pointer),
      architecture: requiredString(object, 'architecture', pointer),
    },
    { variant: optionalString(object, 'variant', pointer) },
  );
}

function readDigest(value: JsonValue, pointer: string): Pick<Descriptor, 'algorithm' | 'hex'> {
  const [, sha256, sha512] = DIGEST.exec(asString(value, pointer)) ?? [];
  if (sha256 !== undefined) return { algorithm: 'sha256', hex: sha256 };
  if (sha512 !== undefined) return { algorithm: 'sha512', hex: sha512 };
  throw new MalformedError(
    'ERR_VALUE',
    pointer,
    'expected sha256: or sha512: and its digits in lower-case hex',
  );
}

function readSize(value: JsonValue, pointer: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new MalformedError('ERR_VALUE', pointer, 'expected a size in bytes');
}
