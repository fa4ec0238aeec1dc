import { formatImageReference, type ImageReference } from '@danube/artifact/image-reference';
import type { Credential, ImageAt, RegistryClient } from '@danube/store/oci';
import { readFound, type Found } from './found.ts';
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
    credentials: readonly Credential[] = [],
  ): Promise<Judged[]> {
    const { registry, repository } = image;
    const pinned = { registry, repository, digest };
    const name = formatImageReference(pinned);
    const known = guards.map((guard) => ({ guard, judgement: this.#cache.get(keyOf(name, image, guard)) }));
    const remembered = known.flatMap(({ guard, judgement }) =>
      judgement === undefined ? [] : [{ guard, judgement }],
    );
    const isHit = remembered.length === guards.length;
    this.#observer?.cached(isHit);
    if (isHit) return remembered;
    const found = await this.#find(name, pinned, signal, credentials);
    return known.map(({ guard, judgement }) => ({
      guard,
      judgement: judgement ?? this.#ask(name, guard, image, digest, found),
    }));
  }

  #ask(name: string, guard: Guard, image: ImageReference, digest: string, found: Found): Judgement {
    const judgement = guard.judge(image, digest, found, new Date());
    this.#cache.put(keyOf(name, image, guard), judgement, judgement.verdict === 'accepted');
    return judgement;
  }

  async #find(
    name: string,
    image: ImageAt,
    signal: AbortSignal,
    credentials: readonly Credential[],
  ): Promise<Found> {
    if (credentials.length > 0) return this.#read(image, signal, credentials);
    return this.#found.run(name, signal, async (shared) => this.#read(image, shared, credentials));
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

/** Everything that a verdict depends on: whose image, what it is called, and by what it was judged. */
function keyOf(name: string, { tag = '' }: ImageReference, { fingerprint }: Guard): string {
  return `${fingerprint} ${tag} ${name}`;
}
