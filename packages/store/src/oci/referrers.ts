/** What refers to an image: the referrers API of OCI 1.1, and the tag that stands in for it elsewhere. */
import { type Descriptor, INDEX_TYPES, readIndex } from '@danube/artifact/oci-manifest';
import { StoreError } from '../errors.ts';
import {
  digestIn,
  expectStatus,
  getDocument,
  mediaTypeOf,
  parseDocument,
  pathOf,
  readAs,
  type Repository,
} from './content.ts';

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';

/** What a registry without the referrers API answers, as far as anybody has seen. */
const UNSUPPORTED = [400, 404, 405, 406, 501];

/**
 * Everything that refers to a digest, by the referrers API; undefined where the registry has none. Not filtered by
 * artifactType: what registries write there differs, so the manifests themselves are looked at.
 *
 * @throws {StoreError} also `ERR_STORE_LIMIT`
 */
export async function listReferrers(
  repository: Repository,
  digest: string,
): Promise<Descriptor[] | undefined> {
  const found = new Map<string, Descriptor>();
  let path: string | URL = `referrers/${digest}`;
  for (let page = 1; ; page += 1) {
    if (page > repository.limits.pages) throw tooMany(repository, digest, `${repository.limits.pages} pages`);
    const reply = await repository.transport.send({
      ...repository,
      method: 'GET',
      path,
      headers: { accept: OCI_INDEX },
      maxBytes: repository.limits.manifestBytes,
      actions: 'pull',
    });
    if (page === 1 && UNSUPPORTED.includes(reply.status)) return undefined;
    expectStatus(reply, [200], repository, `referrers/${digest}`);
    if (page === 1 && mediaTypeOf(reply) !== OCI_INDEX) return undefined;
    const place = `the list of what refers to ${pathOf(repository, digest)}`;
    collect(
      // Some write an empty list as null (olareg 0.1).
      readAs(reply.body, place, (object) =>
        object['manifests'] === null ? [] : readIndex(object, OCI_INDEX),
      ),
      found,
    );
    if (found.size > repository.limits.referrers) throw tooMany(repository, digest, `${found.size}`);
    const next = nextPage(reply.headers.link, reply.url);
    if (next === undefined) return [...found.values()];
    path = next;
  }
}

/** The tag under which referrers are listed where there is no API (distribution-spec, referrers tag schema). */
export function fallbackTag(digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':');
  return `${algorithm.slice(0, 32)}-${hex.slice(0, 64)}`;
}

/**
 * The same by the fallback tag; undefined when there is no such tag.
 *
 * @throws {StoreError} also `ERR_STORE_PROTOCOL` when the tag is no index
 */
export async function listFallback(
  repository: Repository,
  digest: string,
): Promise<Descriptor[] | undefined> {
  const tag = fallbackTag(digest);
  const document = await getDocument(repository, tag);
  if (document === undefined) return undefined;
  if (!INDEX_TYPES.includes(document.mediaType)) {
    throw new StoreError(
      'ERR_STORE_PROTOCOL',
      `${repository.registry}/${repository.repository}:${tag} is no index`,
      {
        hint: 'something else was pushed under the tag that is reserved for what refers to the image',
      },
    );
  }
  const parsed = parseDocument(repository, document);
  const found = new Map<string, Descriptor>();
  collect(parsed.kind === 'index' ? parsed.entries : [], found);
  if (found.size > repository.limits.referrers) throw tooMany(repository, digest, `${found.size}`);
  return [...found.values()];
}

function collect(entries: readonly Descriptor[], found: Map<string, Descriptor>): void {
  for (const entry of entries) found.set(digestIn(entry), entry);
}

function tooMany(repository: Repository, digest: string, what: string): StoreError {
  const { referrers } = repository.limits;
  return new StoreError(
    'ERR_STORE_LIMIT',
    `${what} refer to ${pathOf(repository, digest)}, more than the ${referrers} that are read`,
  );
}

/** RFC 8288, as far as the distribution specification uses it: `<URL>; rel="next"`. */
function nextPage(link: string | string[] | undefined, base: URL): URL | undefined {
  const text = Array.isArray(link) ? link.join(', ') : (link ?? '');
  const [, target] = /<([^<>]*)>\s*;\s*rel="?next"?/.exec(text.slice(0, 8_192)) ?? [];
  return target !== undefined && URL.canParse(target, base.href) ? new URL(target, base) : undefined;
}
