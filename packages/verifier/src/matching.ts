import type { DigestSet, Subject } from 'in-toto-attestation';
import { ACCEPTED, MalformedError, digestOf, matchDigestSets, parseDigestSet } from 'in-toto-attestation';
import { ExpectationError } from './errors.ts';
import { type Evidence, type EvidenceItem, catchMalformed } from './evidence.ts';

/** Something to be judged: the digests were computed by the caller, the name is the caller's. */
export interface ArtifactInput {
  /** Relative to the artifact directory where there is one, with `/`. Only digests decide; the name helps to find. */
  readonly name: string;
  /** At least one of sha256, sha384, sha512; best all that {@link digestAlgorithms} returns. */
  readonly digest: DigestSet;
  /**
   * The file was met in a directory, the caller did not name it. When no attestation names it either, it is left out of
   * the verdict (and listed in `unjudged`) unless `noExtra` is set.
   */
  readonly fromDirectory?: boolean;
}

/** The subjects (by position) with which evidence names one artifact. */
export type Hits = Map<EvidenceItem, number[]>;

interface Place {
  readonly artifacts: ArtifactInput[];
  readonly hits: Hits;
}

/** Which evidence names which artifact: every subject is looked up once, so that many times many stays linear. */
export class ArtifactIndex {
  readonly #digests: ReadonlyMap<string, Map<string, Place>> = new Map(
    ACCEPTED.map((name) => [name, new Map()]),
  );
  readonly #names = new Map<string, Place>();

  /** @throws {ExpectationError} (a `TypeError`) for an artifact without a well-formed, accepted digest. */
  constructor(artifacts: readonly ArtifactInput[], { items }: Evidence) {
    for (const artifact of artifacts) this.#addArtifact(artifact);
    for (const item of items) this.#addEvidence(item);
  }

  /** The attestations with a subject of the artifact's digest by at least one algorithm. */
  byDigest({ digest }: ArtifactInput): Hits {
    const [first = new Map<EvidenceItem, number[]>(), ...others] = this.#placesOf(digest).map(
      ({ hits }) => hits,
    );
    return others.length === 0 ? first : mergeHits([first, ...others]);
  }

  /** The attestations with a subject of the artifact's name. */
  byName(artifact: ArtifactInput): Hits {
    return mergeHits(namesOf(artifact).flatMap((name) => this.#names.get(name)?.hits ?? []));
  }

  /** Whether any attestation names the artifact. */
  isNamed(artifact: ArtifactInput): boolean {
    return this.byDigest(artifact).size > 0 || this.byName(artifact).size > 0;
  }

  /** Whether one of the artifacts is this subject. */
  has({ digest }: Subject): boolean {
    return this.#placesOf(digest).some(({ artifacts }) =>
      artifacts.some((artifact) => matchDigestSets(digest, artifact.digest)),
    );
  }

  #addArtifact(artifact: ArtifactInput): void {
    checkArtifact(artifact);
    for (const [algorithm, values] of this.#digests) {
      const value = digestOf(artifact.digest, algorithm);
      if (value !== undefined) placeAt(values, value).artifacts.push(artifact);
    }
    for (const name of namesOf(artifact)) placeAt(this.#names, name).artifacts.push(artifact);
  }

  #addEvidence(item: EvidenceItem): void {
    const statement = item.statement();
    if (statement instanceof MalformedError) return;
    statement.subject.forEach(({ digest, name }, position) => {
      for (const { hits } of this.#placesOf(digest)) addHit(hits, item, position);
      if (name !== undefined) addHit(this.#names.get(name)?.hits, item, position);
    });
  }

  #placesOf(digest: DigestSet): Place[] {
    const places: Place[] = [];
    for (const [algorithm, values] of this.#digests) {
      const value = digestOf(digest, algorithm);
      const place = value === undefined ? undefined : values.get(value);
      if (place !== undefined) places.push(place);
    }
    return places;
  }
}

function checkArtifact(artifact: ArtifactInput): void {
  if (typeof artifact.name !== 'string') throw new ExpectationError('artifacts', 'an artifact needs a name');
  const digest = catchMalformed(() => parseDigestSet(artifact.digest, '/digest'));
  if (digest instanceof MalformedError)
    throw new ExpectationError('artifacts', `${artifact.name}: ${digest.message}`);
  if (!ACCEPTED.some((algorithm) => digestOf(digest, algorithm) !== undefined)) {
    throw new ExpectationError('artifacts', `${artifact.name}: needs a digest by ${ACCEPTED.join(', ')}`);
  }
}

/** A name of a directory's file is whole; a path that the caller typed may start anywhere above the subject's name. */
function namesOf({ name, fromDirectory = false }: ArtifactInput): string[] {
  if (fromDirectory) return [name];
  const parts = name.split('/');
  return parts.map((_, from) => parts.slice(from).join('/'));
}

function placeAt(places: Map<string, Place>, key: string): Place {
  let place = places.get(key);
  if (place === undefined) places.set(key, (place = { artifacts: [], hits: new Map() }));
  return place;
}

function addHit(hits: Hits | undefined, item: EvidenceItem, position: number): void {
  const positions = hits?.get(item);
  if (positions === undefined) hits?.set(item, [position]);
  else if (positions.at(-1) !== position) positions.push(position);
}

function mergeHits(all: readonly Hits[]): Hits {
  const merged: Hits = new Map();
  for (const [item, positions] of all.flatMap((hits) => [...hits])) {
    merged.set(item, [...new Set([...(merged.get(item) ?? []), ...positions])]);
  }
  return merged;
}
