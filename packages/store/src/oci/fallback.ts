/** The tag that lists what refers to an image, kept by clients where the registry does not (distribution-spec 1.1). */
import {
  encodeJson,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  member,
} from 'in-toto-attestation';
import { StoreError } from '../errors.ts';
import { type Document, mediaTypeOf, parseDocument, pathOf, readAs, type Repository } from './content.ts';
import { fallbackTag, OCI_INDEX } from './referrers.ts';
import { changeTag, type NextDocument } from './tag-change.ts';

const NO_DIGEST = `sha256:${'0'.repeat(64)}`;

/** Whether the registry lists referrers: asked for what nothing refers to, it must answer with an empty list. */
export async function hasReferrersApi(repository: Repository): Promise<boolean> {
  const reply = await repository.transport.send({
    ...repository,
    method: 'GET',
    path: `referrers/${NO_DIGEST}`,
    headers: { accept: OCI_INDEX },
    maxBytes: repository.limits.manifestBytes,
    actions: 'pull,push',
  });
  return reply.status === 200 && mediaTypeOf(reply) === OCI_INDEX;
}

/**
 * Adds an entry to the list; what others put there stays as it is.
 *
 * @throws {StoreError} `ERR_STORE_PROTOCOL` when something else than a list is under the tag
 */
export async function addToFallback(repository: Repository, digest: string, entry: object): Promise<void> {
  await changeTag(repository, fallbackTag(digest), async (current) =>
    nextList(repository, current, { ...entry }),
  );
}

function nextList(
  repository: Repository,
  current: Document | undefined,
  entry: JsonObject,
): NextDocument | undefined {
  const list = current === undefined ? emptyList() : listIn(repository, current);
  const entries = member(list, 'manifests');
  const manifests = entries !== undefined && isJsonArray(entries) ? entries : [];
  if (manifests.some((item) => sameDigest(item, entry))) return undefined;
  const bytes = encodeJson({ ...list, manifests: [...manifests, entry] });
  if (bytes.length <= repository.limits.manifestBytes) return { bytes, mediaType: OCI_INDEX };
  throw new StoreError(
    'ERR_STORE_LIMIT',
    `the list of what refers to the image would have ${bytes.length} bytes`,
  );
}

function emptyList(): JsonObject {
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };
}

function listIn(repository: Repository, current: Document): JsonObject {
  if (parseDocument(repository, current).kind === 'index') {
    return readAs(current.bytes, pathOf(repository, current.digest), (object) => object);
  }
  throw new StoreError(
    'ERR_STORE_PROTOCOL',
    `${pathOf(repository, current.digest)} is no list of referrers`,
    {
      hint: 'something else was pushed under the tag that is reserved for what refers to the image',
    },
  );
}

function sameDigest(item: JsonValue, entry: JsonObject): boolean {
  return isJsonObject(item) && member(item, 'digest') === member(entry, 'digest');
}
