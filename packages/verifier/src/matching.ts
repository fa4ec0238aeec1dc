import type { DigestSet, Subject } from 'in-toto-attestation';
import { ACCEPTED, MalformedError, digestOf, matchDigestSets } from 'in-toto-attestation';
import { ExpectationError } from './errors.ts';
import type { Evidence, EvidenceItem } from './evidence.ts';

/** Something to be judged: the digests were computed by the caller, the name is the caller's. */
export interface ArtifactInput {
  /** Relative to the artifact directory where there is one, with `/`. Only digests decide; the name helps to find. */
  readonly name: string;
  /** At least one of sha256, sha384, sha512; best all that {@link digestAlgorithms} returns. */
  readonly digest: DigestSet;
  /** The package that it is, as a package URL with its version; policies select by it. */
  readonly packageUrl?: string;
  /** The container image that it is, `REGISTRY/REPOSITORY[:TAG][@DIGEST]`; policies select by it. */
  readonly image?: string;
  /**
   * The file was met in a directory, the caller did not name it. When no attestation names it either, it is left out of
   * the verdict (and listed in `unjudged`) unless `noExtra` is set.
   */
  readonly fromDirectory?: boolean;
}

/** One attestation that names an artifact, and the positions of the subjects that do so. */
export interface Hit {
  readonly item: EvidenceItem;
  readonly positions: number[];
}

/** The attestations that name something, in the order of the evidence. */
type Hits = Hit[];

/** Which evidence names which artifact. Every subject is looked up once, so that many times many stays linear. */
export class ArtifactIndex {
  readonly #artifacts: readonly ArtifactInput[];
  readonly #evidence: Evidence;
  /** By algorithm and digest: whatever the artifacts have. */
  readonly #digests: ReadonlyMap<string, ReadonlyMap<string, Hits>>;
  #names: ReadonlyMap<string, Hits> | undefined;
  /** By name: the hits of subjects that are not there as a file. */
  #missing: ReadonlyMap<string, Hits> | undefined;
  #owners: ReadonlyMap<Hits, readonly ArtifactInput[]> | undefined;

  /** @throws {ExpectationError} (a `TypeError`) for an artifact without a well-formed, accepted digest. */
  constructor(artifacts: readonly ArtifactInput[], evidence: Evidence) {
    artifacts.forEach(checkArtifact);
    this.#artifacts = artifacts;
    this.#evidence = evidence;
    this.#digests = hitsByDigest(artifacts, evidence);
  }

  /** The attestations with a subject of the artifact's digest by at least one algorithm, in the order of the evidence. */
  byDigest({ digest }: ArtifactInput): readonly Hit[] {
    return mergeHits(this.#hitsOf(digest));
  }

  /**
   * The attestations with a subject of the artifact's name; or of the end of its path (it may have been built, or may be
   * looked at, somewhere else), unless that subject is there as another file.
   */
  byName({ name }: ArtifactInput): readonly Hit[] {
    const names = (this.#names ??= hitsByName(this.#artifacts, this.#evidence));
    const missing = (this.#missing ??= this.#withoutFile(names));
    return mergeHits([names.get(name), ...endsOf(name).map((end) => missing.get(end))]);
  }

  /** Whether any attestation names the artifact. */
  isNamed(artifact: ArtifactInput): boolean {
    return this.byDigest(artifact).length > 0 || this.byName(artifact).length > 0;
  }

  /** Whether one of the artifacts is this subject. */
  has({ digest }: Subject): boolean {
    const owners = (this.#owners ??= this.#findOwners());
    return this.#hitsOf(digest).some((hits) =>
      owners.get(hits)?.some((artifact) => matchDigestSets(digest, artifact.digest)),
    );
  }

  #withoutFile(names: ReadonlyMap<string, Hits>): ReadonlyMap<string, Hits> {
    const missing = new Map<string, Hits>();
    for (const [name, hits] of names) {
      for (const { item, positions } of hits) {
        const subjects = subjectsOf(item);
        for (const position of positions) {
          const subject = subjects[position];
          if (subject !== undefined && !this.has(subject)) addHit(hitsAt(missing, name), item, position);
        }
      }
    }
    return missing;
  }

  #findOwners(): ReadonlyMap<Hits, readonly ArtifactInput[]> {
    const owners = new Map<Hits, ArtifactInput[]>();
    for (const artifact of this.#artifacts) {
      for (const hits of this.#hitsOf(artifact.digest)) {
        const others = owners.get(hits);
        if (others === undefined) owners.set(hits, [artifact]);
        else others.push(artifact);
      }
    }
    return owners;
  }

  #hitsOf(digest: DigestSet): Hits[] {
    const found: Hits[] = [];
    for (const [algorithm, values] of this.#digests) {
      const value = digestOf(digest, algorithm);
      const hits = value === undefined ? undefined : values.get(value);
      if (hits !== undefined) found.push(hits);
    }
    return found;
  }
}

/** A digest set matches itself when an accepted algorithm is in it and all of those are well-formed. */
function checkArtifact({ name, digest }: ArtifactInput): void {
  if (typeof name !== 'string') throw new ExpectationError('artifacts', 'an artifact needs a name');
  if (typeof digest === 'object' && digest !== null && matchDigestSets(digest, digest)) return;
  throw new ExpectationError(
    'artifacts',
    `${name}: needs a digest in lower-case hex by ${ACCEPTED.join(' or ')}`,
  );
}

function hitsByDigest(
  artifacts: readonly ArtifactInput[],
  evidence: Evidence,
): ReadonlyMap<string, ReadonlyMap<string, Hits>> {
  const digests = new Map<string, Map<string, Hits>>();
  for (const { digest } of artifacts) {
    for (const algorithm of ACCEPTED) {
      const value = digestOf(digest, algorithm);
      if (value === undefined) continue;
      const values = digests.get(algorithm);
      if (values === undefined) digests.set(algorithm, new Map([[value, []]]));
      else if (!values.has(value)) values.set(value, []);
    }
  }
  forEachSubject(evidence, (item, { digest }, position) => {
    for (const [algorithm, values] of digests) {
      const value = digestOf(digest, algorithm);
      const hits = value === undefined ? undefined : values.get(value);
      if (hits !== undefined) addHit(hits, item, position);
    }
  });
  return digests;
}

function hitsByName(artifacts: readonly ArtifactInput[], evidence: Evidence): ReadonlyMap<string, Hits> {
  const names = new Map<string, Hits>();
  for (const { name } of artifacts) {
    for (const each of [name, ...endsOf(name)]) hitsAt(names, each);
  }
  forEachSubject(evidence, (item, { name }, position) => {
    const hits = name === undefined ? undefined : names.get(name);
    if (hits !== undefined) addHit(hits, item, position);
  });
  return names;
}

function forEachSubject(
  { items }: Evidence,
  visit: (item: EvidenceItem, subject: Subject, position: number) => void,
): void {
  for (const item of items) subjectsOf(item).forEach((subject, position) => visit(item, subject, position));
}

/** The subjects that evidence names; none when it cannot be read. */
export function subjectsOf(item: EvidenceItem): readonly Subject[] {
  const statement = item.statement();
  return statement instanceof MalformedError ? [] : statement.subject;
}

/** The path without its first folder, its first two, and so on. */
function endsOf(name: string): string[] {
  const parts = name.split('/');
  return parts.slice(1).map((_, from) => parts.slice(from + 1).join('/'));
}

function hitsAt(places: Map<string, Hits>, key: string): Hits {
  const hits = places.get(key) ?? [];
  places.set(key, hits);
  return hits;
}

/** Subjects come in the order of the evidence: an attestation that was hit before is the last one. */
function addHit(hits: Hits, item: EvidenceItem, position: number): void {
  const last = hits.at(-1);
  if (last?.item === item) last.positions.push(position);
  else hits.push({ item, positions: [position] });
}

function mergeHits(all: readonly (Hits | undefined)[]): Hits {
  const [first = [], ...others] = all.filter((hits) => hits !== undefined && hits.length > 0);
  if (others.length === 0) return first;
  const merged = new Map<EvidenceItem, Set<number>>();
  for (const { item, positions } of [first, ...others].flatMap((hits) => hits ?? [])) {
    const known = merged.get(item) ?? new Set();
    for (const position of positions) known.add(position);
    merged.set(item, known);
  }
  return [...merged].map(([item, positions]) => ({ item, positions: [...positions] }));
}
