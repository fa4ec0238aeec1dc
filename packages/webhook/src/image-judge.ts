import { formatImageReference, type ImageReference } from '@danube/artifact/image-reference';
import type { FindOptions, ImageAt, RegistryClient } from '@danube/store/oci';
import { readFound, type Found } from './found.ts';
import { ANY_PLATFORM, type WantedPlatform } from './platform.ts';
import type { ImageReader } from './pull-secrets.ts';
import type { Guard, Judgement } from './rules.ts';
import { SingleFlight } from './single-flight.ts';
import { VerdictCache, type CacheLimits } from './verdict-cache.ts';

/** What one policy says. */
export interface Judged {
  readonly guard: Guard;
  readonly judgement: Judgement;
}

/** What all policies said before. */
export interface Recalled {
  readonly judged: Judged[];
  /** When the first of these verdicts is forgotten, by `performance.now()`. */
  readonly until: number;
}

/** Counts what is worth a metric. */
export interface JudgeObserver {
  cached(isHit: boolean, times?: number): void;
  fetched(outcome: 'found' | 'failed', milliseconds: number): void;
}

/**
 * Judges images by policies: looks into the cache, asks the registry once for all that ask at the same time, and lets
 * the policies decide. Only verdicts are remembered: an error on the way says nothing about the next try.
 */
export class ImageJudge {
  readonly #registry: RegistryClient;
  readonly #cache: VerdictCache<Judgement>;
  readonly #observer: JudgeObserver | undefined;
  readonly #tags = new SingleFlight<string>();
  readonly #found = new SingleFlight<Found>();

  constructor(registry: RegistryClient, limits: CacheLimits, observer?: JudgeObserver) {
    this.#registry = registry;
    this.#cache = new VerdictCache(limits);
    this.#observer = observer;
  }

  /** How many verdicts are remembered. */
  get cacheSize(): number {
    return this.#cache.size;
  }

  /**
   * The digest of a tag, as the registry has it now.
   *
   * @param reader whose credentials are shown before the webhook's own.
   * @throws {StoreError}
   */
  async resolve(image: ImageReference, signal: AbortSignal, reader?: ImageReader): Promise<string> {
    return this.#tags.run(askedBy(reader, formatImageReference(image)), signal, async (shared) => {
      const { digest } = await this.#registry.resolve(image, await optionsOf(image, shared, reader));
      return digest;
    });
  }

  /** What each of the policies said of the image with this digest; `undefined` when one of them has to be asked. */
  recall(
    image: ImageReference,
    digest: string,
    guards: readonly Guard[],
    platform: WantedPlatform,
    reader?: ImageReader,
  ): Recalled | undefined {
    const { registry, repository } = image;
    const name = askedBy(reader, formatImageReference({ registry, repository, digest }));
    const judged: Judged[] = [];
    let until = Infinity;
    for (const guard of guards) {
      const remembered = this.#cache.get(keyOf(name, image, platform, guard));
      if (remembered === undefined) return undefined;
      judged.push({ guard, judgement: remembered.value });
      until = Math.min(until, remembered.expires);
    }
    this.#observer?.cached(true);
    return { judged, until };
  }

  /** Counts images about which somebody else remembered what was recalled here. */
  recalledAgain(images: number): void {
    this.#observer?.cached(true, images);
  }

  /**
   * What each of the policies says of the image with this digest.
   *
   * @throws {StoreError} when what is attested of it cannot be had.
   */
  async judge(
    image: ImageReference,
    digest: string,
    guards: readonly Guard[],
    signal: AbortSignal,
    platform: WantedPlatform = ANY_PLATFORM,
    reader?: ImageReader,
  ): Promise<Judged[]> {
    const known = this.recall(image, digest, guards, platform, reader);
    if (known !== undefined) return known.judged;
    this.#observer?.cached(false);
    const { registry, repository } = image;
    const pinned = { registry, repository, digest };
    const name = askedBy(reader, formatImageReference(pinned));
    const judged = await this.#ask(image, pinned, guards, platform, signal, reader);
    for (const { guard, judgement } of judged) {
      const key = keyOf(name, image, platform, guard);
      this.#cache.put(key, judgement, judgement.verdict === 'accepted');
    }
    return judged;
  }

  /**
   * An image is accepted when it is itself attested, which says the same of everything in it, because an index names its
   * images by digest; or when it is an index and each of its images that the pod can get is.
   */
  async #ask(
    image: ImageReference,
    pinned: ImageAt,
    guards: readonly Guard[],
    platform: WantedPlatform,
    signal: AbortSignal,
    reader: ImageReader | undefined,
  ): Promise<Judged[]> {
    const found = await this.#find(pinned, signal, reader);
    const now = new Date();
    const own = guards.map((guard) => ({ guard, judgement: guard.judge(image, pinned.digest, found, now) }));
    if (own.every(({ judgement }) => judgement.verdict === 'accepted')) return own;
    const options = await optionsOf(pinned, signal, reader);
    const { platforms } = await this.#registry.readImage(pinned, options);
    const parts = platforms?.filter((part) => platform.matches(part.platform)) ?? [];
    if (parts.length === 0) return own;
    const ofParts = await Promise.all(
      parts.map(async (part) => ({ part, found: await this.#find(part, signal, reader) })),
    );
    return own.map(({ guard, judgement }) => {
      if (judgement.verdict === 'accepted') return { guard, judgement };
      const every = ofParts.map(({ part, found: of }) => guard.judge(image, part.digest, of, now));
      const isAccepted = every.every(({ verdict }) => verdict === 'accepted');
      return { guard, judgement: isAccepted ? ({ verdict: 'accepted' } as const) : judgement };
    });
  }

  async #find(image: ImageAt, signal: AbortSignal, reader: ImageReader | undefined): Promise<Found> {
    const { registry, repository, digest } = image;
    const name = askedBy(reader, formatImageReference({ registry, repository, digest }));
    return this.#found.run(name, signal, async (shared) => this.#read(image, shared, reader));
  }

  async #read(image: ImageAt, signal: AbortSignal, reader: ImageReader | undefined): Promise<Found> {
    const options = await optionsOf(image, signal, reader);
    const started = performance.now();
    let outcome: 'found' | 'failed' = 'failed';
    try {
      const found = readFound(await this.#registry.findAttestations(image, options));
      outcome = 'found';
      return found;
    } finally {
      this.#observer?.fetched(outcome, performance.now() - started);
    }
  }
}

async function optionsOf(
  image: Pick<ImageAt, 'registry' | 'repository'>,
  signal: AbortSignal,
  reader: ImageReader | undefined,
): Promise<FindOptions> {
  return reader === undefined ? { signal } : { signal, credentials: await reader.credentials(image, signal) };
}

/** Answers are shared, and remembered, only among those who show the same credentials. */
function askedBy(reader: ImageReader | undefined, name: string): string {
  return reader === undefined ? name : `${name} ${reader.key}`;
}

/** Everything that a verdict depends on: whose image, what it is called, where it can run, and by what it was judged. */
function keyOf(
  name: string,
  { tag = '' }: ImageReference,
  { key }: WantedPlatform,
  { fingerprint }: Guard,
): string {
  return `${fingerprint} ${key} ${tag} ${name}`;
}
