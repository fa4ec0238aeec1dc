import { type DigestSet, digestOf, matchDigestSets } from 'in-toto-attestation';
import type { Evidence, EvidenceItem } from './evidence.ts';
import { type Hit, subjectsOf } from './matching.ts';

interface Place {
  readonly item: EvidenceItem;
  readonly position: number;
  readonly digest: DigestSet;
}

/** Finds attestations by what they are about; every subject is looked at once, when the first question comes. */
export class Neighbourhood {
  readonly #evidence: Evidence;
  #places: ReadonlyMap<string, readonly Place[]> | undefined;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  /** The attestations with a subject of which every accepted digest is the same, at least one of them. */
  about(digest: DigestSet): Hit[] {
    return this.#find(digest, (subject) => matchDigestSets(subject, digest));
  }

  /** The attestations with a subject of this Git commit. */
  aboutCommit(commit: string): Hit[] {
    return this.#find({ gitCommit: commit }, (subject) => digestOf(subject, 'gitCommit') === commit);
  }

  #find(digest: DigestSet, isSame: (subject: DigestSet) => boolean): Hit[] {
    const places = (this.#places ??= placesByDigest(this.#evidence));
    const found = new Map<EvidenceItem, Set<number>>();
    for (const place of Object.entries(digest).flatMap((entry) => places.get(keyOf(...entry)) ?? [])) {
      if (!isSame(place.digest)) continue;
      const positions = found.get(place.item) ?? new Set();
      found.set(place.item, positions.add(place.position));
    }
    return [...found].map(([item, positions]) => ({ item, positions: [...positions] }));
  }
}

function placesByDigest({ items }: Evidence): ReadonlyMap<string, readonly Place[]> {
  const found = new Map<string, Place[]>();
  for (const item of items) {
    for (const [position, { digest }] of subjectsOf(item).entries()) {
      for (const entry of Object.entries(digest)) {
        const key = keyOf(...entry);
        const others = found.get(key);
        if (others === undefined) found.set(key, [{ item, position, digest }]);
        else others.push({ item, position, digest });
      }
    }
  }
  return found;
}

function keyOf(algorithm: string, value: string): string {
  return `${algorithm}:${value}`;
}
