import { formatImageReference, type ImageReference } from '@danube/artifact/image-reference';
import type { Evidence } from '@danube/verifier';
import type { Guard, Judgement, Registry } from './rules.ts';
import { RegistryError } from './rules.ts';
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
  readonly #registry: Registry;
  readonly #cache: VerdictCache<Judgement>;
  readonly #observer: JudgeObserver | undefined;
  readonly #tags = new SingleFlight<string>();
  readonly #evidence = new SingleFlight<Evidence>();

  constructor(registry: Registry, limits: CacheLimits, observer?: JudgeObserver) {
    this.#registry = registry;
    this.#cache = new VerdictCache(limits);
    this.#observer = observer;
  }

  /** How many verdicts are remembered. */
  get cacheSize(): number {
    return this.#cache.size;
  }

  /** The digest of a tag, as the registry has it now. @throws {RegistryError} */
  async resolve(image: ImageReference, signal: AbortSignal): Promise<string> {
    return this.#tags.run(formatImageReference(image), signal, async (shared) =>
      this.#registry.resolve(image, shared),
    );
  }

  /**
   * What each of the policies says of the image with this digest.
   *
   * @throws {RegistryError} when its evidence cannot be had.
   */
  async judge(
    image: ImageReference,
    digest: string,
    guards: readonly Guard[],
    signal: AbortSignal,
  ): Promise<Judged[]> {
    const { registry, repository } = image;
    const pinned = { registry, repository, digest };
    const name = formatImageReference(pinned);
    const known = guards.map((guard) => ({ guard, judgement: this.#cache.get(keyOf(name, guard)) }));
    const isHit = known.every(({ judgement }) => judgement !== undefined);
    this.#observer?.cached(isHit);
    const evidence = isHit ? undefined : await this.#fetch(name, pinned, digest, signal);
    return known.map(({ guard, judgement }) => ({
      guard,
      judgement: judgement ?? this.#ask(name, guard, pinned, digest, evidence),
    }));
  }

  #ask(
    name: string,
    guard: Guard,
    image: ImageReference,
    digest: string,
    evidence: Evidence = { items: [] },
  ): Judgement {
    const judgement = guard.judge(image, digest, evidence, new Date());
    this.#cache.put(keyOf(name, guard), judgement, judgement.verdict === 'accepted');
    return judgement;
  }

  async #fetch(name: string, image: ImageReference, digest: string, signal: AbortSignal): Promise<Evidence> {
    return this.#evidence.run(name, signal, async (shared) => {
      const started = performance.now();
      try {
        const evidence = await this.#registry.evidence(image, digest, shared);
        this.#observer?.fetched('found', performance.now() - started);
        return evidence;
      } catch (error) {
        if (error instanceof RegistryError) this.#observer?.fetched('failed', performance.now() - started);
        throw error;
      }
    });
  }
}

/** Everything that a verdict depends on: whose image, which one, and by what it was judged. */
function keyOf(name: string, { fingerprint }: Guard): string {
  return `${fingerprint} ${name}`;
}
