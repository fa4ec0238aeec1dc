import { type DigestSet, MalformedError, digestOf, matchDigestSets } from 'in-toto-attestation';
import type { Context } from '../../context.ts';
import type { Evidence, EvidenceItem } from '../../evidence.ts';
import type { Neighbour, PolicyInput } from '../../policy.ts';
import { isVouchedFor } from '../../trust-checks.ts';

/** The same evidence is asked once for each attestation in it. */
const KNOWN = new WeakMap<Evidence, Neighbourhood>();

/** Answers what else the evidence says of something. */
export function neighboursOf(context: Context): Pick<PolicyInput, 'about' | 'aboutCommit'> {
  const { evidence, open } = context;
  const neighbourhood = KNOWN.get(evidence) ?? new Neighbourhood(evidence);
  KNOWN.set(evidence, neighbourhood);
  const meet = (item: EvidenceItem): Neighbour[] => {
    const { path, line, envelope } = item;
    const statement = item.statement();
    if (envelope instanceof MalformedError || statement instanceof MalformedError) return [];
    const isTrusted = isVouchedFor(open(item), context);
    return [{ path, ...(line === undefined ? {} : { line }), envelope, statement, isTrusted }];
  };
  return {
    about: (digest) => neighbourhood.about(digest).flatMap(meet),
    aboutCommit: (commit) => neighbourhood.aboutCommit(commit).flatMap(meet),
  };
}

/** Finds attestations by what they are about; every subject is looked at once, when the first question comes. */
class Neighbourhood {
  readonly #evidence: Evidence;
  #items: ReadonlyMap<string, readonly EvidenceItem[]> | undefined;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  /** The attestations with a subject of which every accepted digest is the same, at least one of them. */
  about(digest: DigestSet): EvidenceItem[] {
    return this.#find(digest, (subject) => matchDigestSets(subject, digest));
  }

  /** The attestations with a subject of this Git commit. */
  aboutCommit(commit: string): EvidenceItem[] {
    return this.#find({ gitCommit: commit }, (subject) => digestOf(subject, 'gitCommit') === commit);
  }

  #find(digest: DigestSet, isSame: (subject: DigestSet) => boolean): EvidenceItem[] {
    const items = (this.#items ??= itemsByDigest(this.#evidence));
    const found = new Set(Object.entries(digest).flatMap((entry) => items.get(keyOf(...entry)) ?? []));
    return [...found].filter((item) => subjectDigests(item).some(isSame));
  }
}

function itemsByDigest({ items }: Evidence): ReadonlyMap<string, readonly EvidenceItem[]> {
  const found = new Map<string, EvidenceItem[]>();
  for (const item of items) {
    for (const entry of subjectDigests(item).flatMap((digest) => Object.entries(digest))) {
      const key = keyOf(...entry);
      const others = found.get(key);
      if (others === undefined) found.set(key, [item]);
      else if (others.at(-1) !== item) others.push(item);
    }
  }
  return found;
}

function keyOf(algorithm: string, value: string): string {
  return `${algorithm}:${value}`;
}

function subjectDigests(item: EvidenceItem): readonly DigestSet[] {
  const statement = item.statement();
  return statement instanceof MalformedError ? [] : statement.subject.map(({ digest }) => digest);
}
