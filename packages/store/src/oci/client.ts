import { INDEX_TYPES, MANIFEST_TYPES } from '@danube/artifact/oci-manifest';
import type { ImageReference } from '@danube/artifact/image-reference';
import { StoreError } from '../errors.ts';
import {
  DIGEST,
  digestIn,
  type Document,
  expectStatus,
  getDocument,
  parseDocument,
  pathOf,
  type Repository,
} from './content.ts';
import type { RepositoryAt } from './credentials.ts';
import { findIn } from './find.ts';
import { REGISTRY_LIMITS, type RegistryLimits } from './limits.ts';
import { attachTo } from './attach.ts';
import type { FindOptions, Image, ImageAt, PlatformImage, RegistryClient } from './registry-client.ts';
import { createTransport, type TransportOptions } from './registry-transport.ts';

export interface RegistryOptions extends TransportOptions {
  readonly limits?: Partial<RegistryLimits>;
}

/** A client for any number of registries. It asks nothing before it is called. */
export function createRegistryClient(options: RegistryOptions = {}): RegistryClient {
  const transport = createTransport(options);
  const limits = { ...REGISTRY_LIMITS, ...options.limits };
  const at = (image: RepositoryAt, call: FindOptions): Repository => ({
    registry: image.registry,
    repository: image.repository,
    transport,
    limits: { ...limits, ...call.limits },
    credentials: call.credentials,
    signal: call.signal,
  });
  return {
    resolve: async (reference, call = {}) => resolve(at(reference, call), reference),
    readImage: async (image, call = {}) => readImage(at(image, call), checked(image).digest),
    findAttestations: async (image, call = {}) =>
      findIn(at(image, call), checked(image).digest, call.unsigned ?? false),
    attach: async (image, attestation, call = {}) => {
      const repository = at(image, call);
      const subject = await readImage(repository, checked(image).digest);
      return attachTo(repository, subject, attestation, call.compat === 'att');
    },
    close: () => transport.close(),
  };
}

function checked(image: ImageAt): ImageAt {
  if (!DIGEST.test(image.digest)) throw new TypeError('digest must be sha256: or sha512: and lower-case hex');
  return image;
}

async function resolve(repository: Repository, reference: ImageReference): Promise<ImageAt> {
  const { registry, repository: name } = reference;
  const digest = reference.digest ?? (await digestOfTag(repository, reference.tag ?? 'latest'));
  return { registry, repository: name, digest };
}

async function digestOfTag(repository: Repository, tag: string): Promise<string> {
  const path = `manifests/${tag}`;
  const reply = await repository.transport.send({
    ...repository,
    method: 'HEAD',
    path,
    headers: { accept: [...INDEX_TYPES, ...MANIFEST_TYPES].join(', ') },
    maxBytes: 0,
    actions: 'pull',
  });
  if (reply.status === 404) throw noImage(`${repository.registry}/${repository.repository}:${tag}`);
  expectStatus(reply, [200], repository, path);
  const header = reply.headers['docker-content-digest'];
  if (typeof header === 'string' && DIGEST.test(header)) return header;
  // Some registries do not say it. Whatever they say is not believed later: content is asked for by this digest.
  const document = await getDocument(repository, tag);
  if (document === undefined) throw noImage(`${repository.registry}/${repository.repository}:${tag}`);
  return document.digest;
}

async function readImage(repository: Repository, digest: string): Promise<Image> {
  const document = await getDocument(repository, digest);
  if (document === undefined) throw noImage(pathOf(repository, digest));
  const { registry, repository: name } = repository;
  const image = {
    registry,
    repository: name,
    digest,
    mediaType: document.mediaType,
    size: document.bytes.length,
  };
  const platforms = platformsIn(repository, document);
  return platforms === undefined ? image : { ...image, platforms };
}

function platformsIn(repository: Repository, document: Document): PlatformImage[] | undefined {
  const parsed = parseDocument(repository, document);
  if (parsed.kind === 'manifest') return undefined;
  const { registry, repository: name, limits } = repository;
  const images = parsed.entries.filter(
    // Nothing but what no runtime would run is left out. An artifactType proves nothing, nor does a mediaType: CRI-O takes an
    // entry by its platform alone.
    ({ platform }) => !(platform?.os === 'unknown' && platform.architecture === 'unknown'),
  );
  if (images.length > limits.platforms) {
    throw new StoreError(
      'ERR_STORE_LIMIT',
      `${pathOf(repository, document.digest)} has ${images.length} images, more than ${limits.platforms}`,
    );
  }
  return images.map((entry) => {
    const image = { registry, repository: name, digest: digestIn(entry) };
    return entry.platform === undefined ? image : { ...image, platform: entry.platform };
  });
}

function noImage(name: string): StoreError {
  return new StoreError('ERR_STORE_NOT_FOUND', `there is no image ${name}`);
}
