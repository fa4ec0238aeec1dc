/** cosign's older place for attestations: one manifest under a tag, with a layer for each. */
import {
  encodeJson,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  member,
} from 'in-toto-attestation';
import { StoreError } from '../errors.ts';
import { type Document, digestOf, parseDocument, pathOf, readAs, type Repository } from './content.ts';
import { attTag, DSSE_ENVELOPE } from './find.ts';
import { changeTag, type NextDocument } from './tag-change.ts';
import { OCI_MANIFEST, putBlob } from './upload.ts';

const IMAGE_CONFIG = 'application/vnd.oci.image.config.v1+json';
/** cosign's: these manifests have no time of their own. */
const NO_TIME = '0001-01-01T00:00:00Z';

interface NewLayer {
  readonly bytes: Uint8Array;
  readonly predicateType: string;
}

/**
 * Adds an envelope to the tag of an image; what is there stays.
 *
 * @returns the tag.
 * @throws {StoreError} `ERR_STORE_PROTOCOL` when something else than such a manifest is under the tag
 */
export async function appendAtt(
  repository: Repository,
  digest: string,
  { bytes, predicateType }: NewLayer,
): Promise<string> {
  const tag = attTag(digest);
  const stored = await putBlob(repository, bytes, DSSE_ENVELOPE);
  const annotations = { 'dev.cosignproject.cosign/signature': '', predicateType };
  const layer: JsonObject = { ...stored, annotations };
  await changeTag(repository, tag, async (current) => nextManifest(repository, current, layer));
  return tag;
}

async function nextManifest(
  repository: Repository,
  current: Document | undefined,
  layer: JsonObject,
): Promise<NextDocument | undefined> {
  const before = current === undefined ? [] : layersOf(repository, current);
  if (before.some((item) => digestIn(item) === digestIn(layer))) return undefined;
  const layers = [...before, layer];
  const config = await putBlob(repository, configFor(layers), IMAGE_CONFIG);
  const bytes = encodeJson({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: { ...config }, layers });
  if (bytes.length <= repository.limits.manifestBytes) return { bytes, mediaType: OCI_MANIFEST };
  throw new StoreError('ERR_STORE_LIMIT', `the .att manifest of the image would have ${bytes.length} bytes`);
}

function layersOf(repository: Repository, current: Document): readonly JsonValue[] {
  const place = pathOf(repository, current.digest);
  if (parseDocument(repository, current).kind !== 'manifest') {
    throw new StoreError('ERR_STORE_PROTOCOL', `${place} is no manifest of attestations`);
  }
  const layers = member(
    readAs(current.bytes, place, (object) => object),
    'layers',
  );
  return layers !== undefined && isJsonArray(layers) ? layers : [];
}

function digestIn(layer: JsonValue): JsonValue | undefined {
  return isJsonObject(layer) ? member(layer, 'digest') : undefined;
}

/** An image configuration, because it goes for an image: its layers are what it would unpack. */
function configFor(layers: readonly JsonValue[]): Uint8Array {
  return encodeJson({
    architecture: '',
    os: '',
    created: NO_TIME,
    config: {},
    history: layers.map(() => ({ created: NO_TIME })),
    rootfs: {
      type: 'layers',
      diff_ids: layers.map((layer) => digestIn(layer) ?? digestOf(new Uint8Array())),
    },
  });
}
