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

  /** The attestations with a subject of the artifact's name. */
  byName(artifact: ArtifactInput): readonly Hit[] {
    const names = (this.#names ??= hitsByName(this.#artifacts, this.#evidence));
    return mergeHits(namesOf(artifact).map((name) => names.get(name) ?? []));
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
      if (value !== undefined) addHit(values.get(value), item, position);
    }
  });
  return digests;
}

function hitsByName(artifacts: readonly ArtifactInput[], evidence: Evidence): ReadonlyMap<string, Hits> {
  const names = new Map<string, Hits>(artifacts.flatMap(namesOf).map((name) => [name, []]));
  forEachSubject(evidence, (item, { name }, position) => {
    if (name !== undefined) addHit(names.get(name), item, position);
  });
  return names;
}

function forEachSubject(
  { items }: Evidence,
  visit: (item: EvidenceItem, subject: Subject, position: number) => void,
): void {
  for (const item of items) {
    const statement = item.statement();
    if (statement instanceof MalformedError) continue;
    statement.subject.forEach((subject, position) => visit(item, subject, position));
  }
}

/** A name of a directory's file is whole; a path that the caller typed may start anywhere above the subject's name. */
function namesOf({ name, fromDirectory = false }: ArtifactInput): string[] {
  if (fromDirectory) return [name];
  const parts = name.split('/');
  return parts.map((_, from) => parts.slice(from).join('/'));
}

/** Subjects come in the order of the evidence: an attestation that was hit before is the last one. */
function addHit(hits: Hits | undefined, item: EvidenceItem, position: number): void {
  if (hits === undefined) return;
  const last = hits.at(-1);
  if (last?.item === item) last.positions.push(position);
  else hits.push({ item, positions: [position] });
}

function mergeHits([first = [], ...others]: readonly Hits[]): Hits {
  if (others.length === 0) return first;
  const merged = new Map<EvidenceItem, Set<number>>();
  for (const { item, positions } of [first, ...others].flat()) {
    const all = merged.get(item) ?? new Set();
    for (const position of positions) all.add(position);
    merged.set(item, all);
  }
  return [...merged].map(([item, positions]) => ({ item, positions: [...positions] }));
}
