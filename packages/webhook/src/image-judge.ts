import { formatImageReference, type ImageReference } from '@danube/artifact/image-reference';
import type { Credential, ImageAt, Platform, RegistryClient } from '@danube/store/oci';
import { readFound, type Found } from './found.ts';
import type { WantedPlatform } from './images.ts';
import type { Guard, Judgement } from './rules.ts';
import { SingleFlight } from './single-flight.ts';
import { VerdictCache, type CacheLimits } from './verdict-cache.ts';

/** What one policy says. */
export interface Judged {
  readonly guard: Guard;
  readonly judgement: Judgement;
}

/** Counts what is worth a metric. */
export interface JudgeObserver {
  cached(isHit: boolean): void;
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
   * @throws {StoreError}
   */
  async resolve(
    image: ImageReference,
    signal: AbortSignal,
    credentials: readonly Credential[] = [],
  ): Promise<string> {
    // Not shared among those who show different credentials: an answer is for those who may have it.
    if (credentials.length > 0) return (await this.#registry.resolve(image, { signal, credentials })).digest;
    return this.#tags.run(formatImageReference(image), signal, async (shared) => {
      const { digest } = await this.#registry.resolve(image, { signal: shared });
      return digest;
    });
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
    platform: WantedPlatform = {},
    credentials: readonly Credential[] = [],
  ): Promise<Judged[]> {
    const { registry, repository } = image;
    const pinned = { registry, repository, digest };
    const name = formatImageReference(pinned);
    const keys = new Map(guards.map((guard) => [guard, keyOf(name, image, platform, guard)]));
    const known = guards.map((guard) => ({ guard, judgement: this.#cache.get(keys.get(guard) ?? '') }));
    const remembered = known.flatMap(({ guard, judgement }) =>
      judgement === undefined ? [] : [{ guard, judgement }],
    );
    const isHit = remembered.length === guards.length;
    this.#observer?.cached(isHit);
    if (isHit) return remembered;
    const judged = await this.#ask(image, pinned, guards, platform, signal, credentials);
    for (const { guard, judgement } of judged) {
      this.#cache.put(keys.get(guard) ?? '', judgement, judgement.verdict === 'accepted');
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
    credentials: readonly Credential[],
  ): Promise<Judged[]> {
    const found = await this.#find(pinned, signal, credentials);
    const now = new Date();
    const own = guards.map((guard) => ({ guard, judgement: guard.judge(image, pinned.digest, found, now) }));
    if (own.every(({ judgement }) => judgement.verdict === 'accepted')) return own;
    const { platforms } = await this.#registry.readImage(pinned, { signal, credentials });
    const parts = platforms?.filter((part) => matchPlatform(part.platform, platform)) ?? [];
    if (parts.length === 0) return own;
    const ofParts = await Promise.all(
      parts.map(async (part) => ({ part, found: await this.#find(part, signal, credentials) })),
    );
    return own.map(({ guard, judgement }) => {
      if (judgement.verdict === 'accepted') return { guard, judgement };
      const every = ofParts.map(({ part, found: of }) => guard.judge(image, part.digest, of, now));
      const isAccepted = every.every(({ verdict }) => verdict === 'accepted');
      return { guard, judgement: isAccepted ? ({ verdict: 'accepted' } as const) : judgement };
    });
  }

  async #find(image: ImageAt, signal: AbortSignal, credentials: readonly Credential[]): Promise<Found> {
    if (credentials.length > 0) return this.#read(image, signal, credentials);
    const { registry, repository, digest } = image;
    return this.#found.run(formatImageReference({ registry, repository, digest }), signal, async (shared) =>
      this.#read(image, shared, credentials),
    );
  }

  async #read(image: ImageAt, signal: AbortSignal, credentials: readonly Credential[]): Promise<Found> {
    const started = performance.now();
    let outcome: 'found' | 'failed' = 'failed';
    try {
      const found = readFound(await this.#registry.findAttestations(image, { signal, credentials }));
      outcome = 'found';
      return found;
    } finally {
      this.#observer?.fetched(outcome, performance.now() - started);
    }
  }
}

/** An image whose index does not say its platform can come anywhere. */
function matchPlatform(platform: Platform | undefined, { os, architecture }: WantedPlatform): boolean {
  if (platform === undefined) return true;
  return (
    (os === undefined || os === platform.os) &&
    (architecture === undefined || architecture === platform.architecture)
  );
}

/** Everything that a verdict depends on: whose image, what it is called, where it can run, and by what it was judged. */
function keyOf(
  name: string,
  { tag = '' }: ImageReference,
  { os = '', architecture = '' }: WantedPlatform,
  { fingerprint }: Guard,
): string {
  return `${fingerprint} ${os}/${architecture} ${tag} ${name}`;
}
