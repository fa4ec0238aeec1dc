/** Manifests and blobs, hashed as they arrive. */
import { createHash } from 'node:crypto';
import {
  type Descriptor,
  INDEX_TYPES,
  MANIFEST_TYPES,
  type OciManifest,
  readIndex,
  readManifest,
} from '@danube/artifact/oci-manifest';
import { asObject, type JsonObject, MalformedError, parseJson } from 'in-toto-attestation';
import { StoreError } from '../errors.ts';
import { show } from '../show.ts';
import type { Credential, RepositoryAt } from './credentials.ts';
import type { RegistryLimits } from './limits.ts';
import type { RegistryReply, RegistryTransport } from './registry-transport.ts';

/** One repository, as a call sees it: everything that a call asks of it goes through here. */
export interface Repository extends RepositoryAt {
  readonly transport: RegistryTransport;
  readonly limits: RegistryLimits;
  readonly credentials?: readonly Credential[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A manifest or index as it came, with its digest. */
export interface Document {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
  /** To change it only if nobody else did. */
  readonly etag?: string;
}

export const DIGEST: RegExp = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const ACCEPT = [...INDEX_TYPES, ...MANIFEST_TYPES].join(', ');

export function digestOf(bytes: Uint8Array, algorithm: string = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** The digest of a descriptor as registries write it. */
export function digestIn({ algorithm, hex }: Pick<Descriptor, 'algorithm' | 'hex'>): string {
  return `${algorithm}:${hex}`;
}

/**
 * The manifest or index under a tag or a digest; undefined when there is none.
 *
 * @throws {StoreError}
 */
export async function getDocument(repository: Repository, reference: string): Promise<Document | undefined> {
  const reply = await repository.transport.send({
    ...repository,
    method: 'GET',
    path: `manifests/${reference}`,
    headers: { accept: ACCEPT },
    maxBytes: repository.limits.manifestBytes,
    actions: 'pull',
  });
  if (reply.status === 404) return undefined;
  expectStatus(reply, [200], repository, `manifests/${reference}`);
  const wanted = DIGEST.test(reference) ? reference : undefined;
  const digest = digestOf(reply.body, wanted?.split(':')[0]);
  if (wanted !== undefined && digest !== wanted) throw otherDigest(repository, wanted, digest);
  const etag = reply.headers.etag;
  return {
    mediaType: mediaTypeOf(reply),
    digest,
    bytes: reply.body,
    ...(etag === undefined ? {} : { etag }),
  };
}

/**
 * The bytes of a blob, of the size and digest that its descriptor says.
 *
 * @throws {StoreError} also `ERR_STORE_NOT_FOUND`
 */
export async function getBlob(
  repository: Repository,
  descriptor: Descriptor,
  limit: number,
): Promise<Uint8Array> {
  const digest = digestIn(descriptor);
  if (descriptor.size > limit) {
    throw new StoreError(
      'ERR_STORE_LIMIT',
      `${pathOf(repository, digest)} has ${descriptor.size} bytes, more than ${limit}`,
    );
  }
  const path = `blobs/${digest}`;
  const reply = await repository.transport.send({
    ...repository,
    method: 'GET',
    path,
    maxBytes: descriptor.size,
    actions: 'pull',
  });
  if (reply.status === 404) {
    throw new StoreError('ERR_STORE_NOT_FOUND', `${pathOf(repository, digest)} is not there`);
  }
  expectStatus(reply, [200], repository, path);
  const actual = digestOf(reply.body, descriptor.algorithm);
  if (actual !== digest) throw otherDigest(repository, digest, actual);
  return reply.body;
}

/** A parsed manifest or index. Its Content-Type, its own mediaType and its content say the same. */
export type ParsedDocument =
  | { readonly kind: 'index'; readonly entries: readonly Descriptor[] }
  | ({ readonly kind: 'manifest' } & OciManifest);

/**
 * Reads a document that may be a manifest or an index, and is exactly one of them.
 *
 * @throws {StoreError} `ERR_STORE_PROTOCOL`, `_LIMIT`
 */
export function parseDocument(
  repository: RepositoryAt,
  { bytes, mediaType, digest }: Document,
): ParsedDocument {
  const place = pathOf(repository, digest);
  if (INDEX_TYPES.includes(mediaType)) {
    return { kind: 'index', entries: readAs(bytes, place, (object) => readIndex(object, mediaType)) };
  }
  if (MANIFEST_TYPES.includes(mediaType)) {
    return { kind: 'manifest', ...readAs(bytes, place, (object) => readManifest(object, mediaType)) };
  }
  throw new StoreError(
    'ERR_STORE_PROTOCOL',
    `${place} is neither a manifest nor an index, but ${show(mediaType)}`,
  );
}

export function readAs<Value>(bytes: Uint8Array, place: string, read: (object: JsonObject) => Value): Value {
  try {
    return read(asObject(parseJson(bytes), ''));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    const code = error.code === 'ERR_LIMIT' ? 'ERR_STORE_LIMIT' : 'ERR_STORE_PROTOCOL';
    throw new StoreError(code, `${place} is malformed: ${error.message}`, { cause: error });
  }
}

/** The Content-Type without its parameters. */
export function mediaTypeOf({ headers }: RegistryReply): string {
  return (headers['content-type'] ?? '').split(';', 1).join('').trim().toLowerCase();
}

/** @throws {StoreError} `ERR_STORE_PROTOCOL` for any other status */
export function expectStatus(
  { status }: RegistryReply,
  expected: readonly number[],
  { registry, repository }: RepositoryAt,
  path: string,
): void {
  if (expected.includes(status)) return;
  throw new StoreError(
    'ERR_STORE_PROTOCOL',
    `${registry} answers ${status} for /v2/${repository}/${path}; expected ${expected.join(' or ')}`,
  );
}

/** For people. */
export function pathOf({ registry, repository }: RepositoryAt, digest: string): string {
  return `${registry}/${repository}@${digest}`;
}

function otherDigest(repository: RepositoryAt, expected: string, actual: string): StoreError {
  return new StoreError('ERR_STORE_DIGEST', `${pathOf(repository, expected)} came with the digest ${actual}`);
}
