/** All attestations of an image, wherever a registry keeps them. */
import { type Descriptor, type OciManifest } from '@danube/artifact/oci-manifest';
import { StoreError, type StoreErrorCode } from '../errors.ts';
import { attestationOf } from './att-layer.ts';
import { digestIn, getBlob, getDocument, parseDocument, pathOf, type Repository } from './content.ts';
import { fallbackTag, listFallback, listReferrers } from './referrers.ts';
import type {
  AttestationKind,
  FoundAttestation,
  FoundAttestations,
  LookedAt,
  Unreadable,
} from './registry-client.ts';

export const DSSE_ENVELOPE = 'application/vnd.dsse.envelope.v1+json';
/** A statement as BuildKit stores it: not signed. */
const STATEMENT = 'application/vnd.in-toto+json';
const SIGSTORE_BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v[0-9.]+)?\+json(?:;.*)?$/;
const IS_ATTESTATION_MANIFEST = 'attestation-manifest';
const CONCURRENCY = 4;

/** What may be wrong with one attestation without keeping the others from speaking. */
const OF_ONE: readonly StoreErrorCode[] = [
  'ERR_STORE_NOT_FOUND',
  'ERR_STORE_DIGEST',
  'ERR_STORE_PROTOCOL',
  'ERR_STORE_LIMIT',
];

/** The tag under which cosign keeps the attestations of an image. */
export function attTag(digest: string): string {
  return `${digest.replace(':', '-')}.att`;
}

/** What a call has found so far, and how much of it. */
interface Search {
  readonly repository: Repository;
  readonly digest: string;
  readonly unsigned: boolean;
  readonly attestations: FoundAttestation[];
  readonly lookedAt: LookedAt[];
  readonly unreadable: Unreadable[];
  /** Bytes of attestations that are read or about to be. */
  readonly total: { bytes: number };
}

export async function findIn(
  repository: Repository,
  digest: string,
  unsigned: boolean,
): Promise<FoundAttestations> {
  const search: Search = {
    repository,
    digest,
    unsigned,
    attestations: [],
    lookedAt: [],
    unreadable: [],
    total: { bytes: 0 },
  };
  await together(repository.signal, [
    (signal) => searchReferrers({ ...search, repository: { ...repository, signal } }),
    (signal) => searchAttTag({ ...search, repository: { ...repository, signal } }),
  ]);
  if (unsigned) await searchIndex(search);
  // Answers come in any order; what is told of them does not.
  return {
    attestations: search.attestations.toSorted((a, b) => compare(orderOf(a), orderOf(b))),
    lookedAt: search.lookedAt.toSorted((a, b) => PLACES.indexOf(a.place) - PLACES.indexOf(b.place)),
    unreadable: search.unreadable.toSorted((a, b) => compare(a.path, b.path)),
  };
}

const PLACES: readonly LookedAt['place'][] = ['referrers', 'fallback-tag', 'att-tag', 'index'];

function orderOf({ kind, path, digest }: FoundAttestation): string {
  return `${kind === 'att-tag' ? 1 : 0} ${path} ${digest}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Both at once; when one fails, the other is stopped. */
async function together(
  signal: AbortSignal | undefined,
  works: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const running = works.map((work) => work(both));
  try {
    await Promise.all(running);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(running);
    throw error;
  }
}

async function searchReferrers(search: Search): Promise<void> {
  const { repository, digest } = search;
  const listed = await listReferrers(repository, digest);
  const found = await readReferrers(search, listed ?? []);
  note(search, { place: 'referrers', path: `referrers/${digest}`, isThere: listed !== undefined, found });
  // Copies of an image made by older tools bring the tag along, also into a registry that has the API.
  if (found > 0) return;
  const tagged = await listFallback(repository, digest);
  const known = new Set((listed ?? []).map(digestIn));
  note(search, {
    place: 'fallback-tag',
    path: `manifests/${fallbackTag(digest)}`,
    isThere: tagged !== undefined,
    found: await readReferrers(
      search,
      (tagged ?? []).filter((entry) => !known.has(digestIn(entry))),
    ),
  });
}

function note(search: Search, { path, ...looked }: LookedAt): void {
  search.lookedAt.push({ ...looked, path: `/v2/${search.repository.repository}/${path}` });
}

/** How many attestations are in what these entries name. */
async function readReferrers(search: Search, entries: readonly Descriptor[]): Promise<number> {
  let found = 0;
  await inParallel(entries, async (entry) => {
    const path = pathOf(search.repository, digestIn(entry));
    await readOne(search, path, async () => {
      const { manifest } = await getManifest(search.repository, digestIn(entry));
      const subject = manifest.subject === undefined ? undefined : digestIn(manifest.subject);
      if (subject !== search.digest) {
        throw new StoreError('ERR_STORE_PROTOCOL', `refers to ${subject ?? 'nothing'}, not to the image`);
      }
      const count = await readLayers(search, path, manifest, referrerKind);
      found += count;
    });
  });
  return found;
}

function referrerKind({ mediaType }: Descriptor): AttestationKind | undefined {
  if (SIGSTORE_BUNDLE.test(mediaType)) return 'bundle-referrer';
  if (mediaType === DSSE_ENVELOPE) return 'dsse-referrer';
  return mediaType === STATEMENT ? 'buildkit' : undefined;
}

async function searchAttTag(search: Search): Promise<void> {
  const { repository, digest } = search;
  const tag = attTag(digest);
  const place = `${repository.registry}/${repository.repository}:${tag}`;
  const document = await getDocument(repository, tag);
  let found = 0;
  if (document !== undefined) {
    await readOne(search, place, async () => {
      const parsed = parseDocument(repository, document);
      if (parsed.kind !== 'manifest') throw new StoreError('ERR_STORE_PROTOCOL', 'is no manifest');
      if (parsed.layers.length > repository.limits.referrers) {
        throw new StoreError('ERR_STORE_LIMIT', `has more than ${repository.limits.referrers} layers`);
      }
      found = await readLayers(search, pathOf(repository, document.digest), parsed, ({ mediaType }) =>
        mediaType === DSSE_ENVELOPE ? 'att-tag' : undefined,
      );
    });
  }
  note(search, { place: 'att-tag', path: `manifests/${tag}`, isThere: document !== undefined, found });
}

/** BuildKit's statements: in manifests of the image's own index, that claim to be about another entry of it. */
async function searchIndex(search: Search): Promise<void> {
  const { repository, digest } = search;
  let found = 0;
  const document = await getDocument(repository, digest);
  const parsed = document === undefined ? undefined : parseDocument(repository, document);
  const entries = parsed?.kind === 'index' ? parsed.entries : [];
  const claims = entries.filter(
    ({ annotations }) => annotations?.['vnd.docker.reference.type'] === IS_ATTESTATION_MANIFEST,
  );
  if (claims.length > repository.limits.referrers)
    throw tooMuch(search, `${claims.length} attestation manifests`);
  await inParallel(claims, async (entry) => {
    const path = pathOf(repository, digestIn(entry));
    await readOne(search, path, async () => {
      const { manifest } = await getManifest(repository, digestIn(entry));
      const count = await readLayers(search, path, manifest, ({ mediaType }) =>
        mediaType === STATEMENT ? 'buildkit' : undefined,
      );
      found += count;
    });
  });
  note(search, { place: 'index', path: `manifests/${digest}`, isThere: document !== undefined, found });
}

async function getManifest(
  repository: Repository,
  digest: string,
): Promise<{ readonly manifest: OciManifest }> {
  const document = await getDocument(repository, digest);
  if (document === undefined) throw new StoreError('ERR_STORE_NOT_FOUND', 'is not there');
  const parsed = parseDocument(repository, document);
  if (parsed.kind !== 'manifest') throw new StoreError('ERR_STORE_PROTOCOL', 'is no manifest');
  return { manifest: parsed };
}

async function readLayers(
  search: Search,
  path: string,
  { layers }: OciManifest,
  kindOf: (layer: Descriptor) => AttestationKind | undefined,
): Promise<number> {
  let count = 0;
  for (const layer of layers) {
    const kind = kindOf(layer);
    if (kind === undefined || (kind === 'buildkit' && !search.unsigned)) continue;
    await readOne(search, `${path}, ${digestIn(layer)}`, async () => {
      const { limits } = search.repository;
      search.total.bytes += Math.min(layer.size, limits.attestationBytes);
      if (search.total.bytes > limits.totalBytes)
        throw tooMuch(search, `${limits.totalBytes} bytes of attestations`);
      const bytes = await getBlob(search.repository, layer, limits.attestationBytes);
      search.attestations.push({
        kind,
        isSigned: kind !== 'buildkit',
        bytes: kind === 'att-tag' ? attestationOf(layer, bytes) : bytes,
        digest: digestIn(layer),
        path,
      });
      count += 1;
    });
  }
  return count;
}

/** What ends the whole search, though it came up in one attestation. */
class TooMuch extends StoreError {}

function tooMuch({ repository, digest }: Search, what: string): TooMuch {
  return new TooMuch('ERR_STORE_LIMIT', `${pathOf(repository, digest)} has more than ${what}`);
}

/** What is wrong with one is told; whatever is wrong with the registry ends the search. */
async function readOne(search: Search, path: string, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof StoreError) || error instanceof TooMuch || !OF_ONE.includes(error.code))
      throw error;
    search.unreadable.push({ path, reason: error.message });
  }
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, worker));
}
