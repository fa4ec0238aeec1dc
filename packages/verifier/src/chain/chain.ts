import {
  digestOf,
  isJsonObject,
  MalformedError,
  member,
  type ResourceDescriptor,
  VSA_V1,
} from 'in-toto-attestation';
import type { Context } from '../context.ts';
import type { Evidence, EvidenceItem } from '../evidence.ts';
import { notRun } from '../finding.ts';
import type { Followable, Followed, Follower } from '../follow.ts';
import { createJudge, type Judge, type Judged } from '../judging.ts';
import type { Hit } from '../matching.ts';
import { Neighbourhood } from '../neighbourhood.ts';
import { type Opened, PROVENANCE_TYPES } from '../opening.ts';
import type { Policy } from '../policy.ts';
import type { Build } from '../profiles.ts';
import type { AttestationReport, DependencyReport, Finding } from '../report.ts';
import type { Outcome } from '../steps.ts';
import { type Dependency, readDependency, resourceOf, toArtifact } from './dependency.ts';
import { dependencyFinding, describeBasis, replaceCheck, subjectCommit } from './finding.ts';
import { expectProvenance, expectSummary } from './level.ts';

/** How many dependencies one verification looks at, all levels together. */
export const MAX_DEPENDENCIES = 100_000;

/** How many attestations of dependencies one verification judges: of one digest there may be many, and it may have many names. */
export const MAX_JUDGED = 100_000;

/** Attestations that are listed under a dependency that none of them makes acceptable. */
const LISTED = 5;

/** All that following needs to know. */
export interface ChainInput extends Followable {
  readonly depth: number;
  readonly all: boolean;
  readonly policies: readonly (readonly Policy[])[];
  /** What speaks for dependencies beside the evidence of the verification. */
  readonly dependencies: Evidence;
}

/** The dependencies that are judged alike. */
interface Level {
  readonly number: number;
  readonly policies: readonly Policy[];
  readonly judge: Judge;
  readonly known: Map<string, DependencyReport>;
}

/** What the dependencies of one provenance make of it, whichever artifact it is held against. */
interface FollowedBuild {
  readonly dependencies: readonly DependencyReport[];
  readonly finding: Finding;
}

/**
 * The dependencies of one verification, each judged once at each level. Levels only grow: a cycle ends where the depth
 * does, and what is found of a dependency does not hang on the way by which it was reached.
 */
export class Chain {
  readonly #input: ChainInput;
  readonly #evidence: Evidence;
  readonly #neighbourhood: Neighbourhood;
  readonly #levels = new Map<number, Level>();
  readonly #followed = new WeakMap<Opened, FollowedBuild>();
  #count = 0;
  #judged = 0;

  constructor(input: ChainInput) {
    this.#input = input;
    this.#evidence = { items: [...input.evidence.items, ...input.dependencies.items] };
    this.#neighbourhood = new Neighbourhood(this.#evidence);
  }

  /** Follows what is judged at this level, 0 for artifacts, to the next. */
  follower(level: number): Follower {
    return (context, outcome) => this.#follow(context, outcome, level + 1);
  }

  /** Only what passed everything else is followed: nobody else's word decides where to look. */
  #follow({ opened }: Context, outcome: Outcome, level: number): Followed {
    const { accepted, checks } = outcome;
    if (!accepted || !opened.build.reached)
      return { accepted, checks: replaceCheck(checks, 'dependency', notRun(REJECTED)) };
    const { dependencies, finding } =
      this.#followed.get(opened) ?? this.#followBuild(opened.build.value, level);
    this.#followed.set(opened, { dependencies, finding });
    return {
      accepted: finding.status !== 'fail',
      checks: replaceCheck(checks, 'dependency', finding),
      dependencies,
    };
  }

  #followBuild({ provenance, places }: Build, level: number): FollowedBuild {
    const { all, expected } = this.#input;
    const named = provenance.buildDefinition.resolvedDependencies ?? [];
    const dependencies = named.map((each) => this.#judge(each, level));
    const by = describeBasis(this.#level(level).policies, expected);
    const finding = dependencyFinding(dependencies, { all, by, pointer: places.dependencies });
    return { dependencies, finding };
  }

  #judge(descriptor: ResourceDescriptor, number: number): DependencyReport {
    const dependency = readDependency(descriptor);
    const { known } = this.#level(number);
    const before = known.get(dependency.key);
    if (before !== undefined) return before;
    this.#count += 1;
    if (this.#count > MAX_DEPENDENCIES) return report(dependency, number, 'rejected', TOO_MANY);
    const judged = this.#look(dependency, this.#level(number));
    known.set(dependency.key, judged);
    return judged;
  }

  /** One attestation that is accepted is enough, as for an artifact; where there are some, and none is, it is rejected. */
  #look(dependency: Dependency, level: Level): DependencyReport {
    const hits = this.#find(dependency);
    const provenance =
      dependency.by === 'digest' ? hits.filter((hit) => isOfType(hit, PROVENANCE_TYPES)) : [];
    const summaries = hits.filter((hit) => isOfType(hit, [VSA_V1]));
    const reason = this.#silence(dependency, level, summaries);
    if (provenance.length === 0 && reason !== undefined)
      return report(dependency, level.number, 'unverified', reason);
    const refused: AttestationReport[] = [];
    const judges = [
      ...provenance.map((hit) => () => judgeProvenance(hit, dependency, level, provenance.length)),
      ...(reason === undefined ? summaries : []).map(
        (hit) => () => this.#judgeSummary(hit, dependency, summaries.length),
      ),
    ];
    for (const judge of judges) {
      this.#judged += 1;
      if (this.#judged > MAX_JUDGED)
        return report(dependency, level.number, 'rejected', TOO_MANY_ATTESTATIONS, refused);
      const judged = judge();
      if (judged.accepted) return report(dependency, level.number, 'accepted', null, [judged.report]);
      if (refused.length < LISTED) refused.push(judged.report);
    }
    return report(dependency, level.number, 'rejected', null, refused);
  }

  #find({ by, digest }: Dependency): readonly Hit[] {
    if (by === undefined) return [];
    return by === 'digest'
      ? this.#neighbourhood.about(digest)
      : this.#neighbourhood.aboutCommit(digestOf(digest, 'gitCommit') ?? '');
  }

  /** Why no summary can speak for a dependency; `undefined` when one can. */
  #silence(dependency: Dependency, { policies }: Level, summaries: readonly Hit[]): string | undefined {
    if (dependency.by === undefined) return 'it is named without a digest that could be compared';
    if (summaries.length === 0) return 'no attestation of it is at hand';
    if (policies.length > 0) return 'a verification summary does not say what the policies of this level ask';
    if ((this.#input.expected.trustRoot?.root?.verifiers ?? []).length === 0)
      return 'no trust root names a verifier whose summaries count';
    if (dependency.uri === undefined) return 'it is named without the URI that a summary would be about';
    return undefined;
  }

  /** By the verifier of the trust root that the summary names; by any of them, to say why, when it names none. */
  #judgeSummary({ item, positions }: Hit, dependency: Dependency, total: number): Judged {
    const { expected, now, proofs } = this.#input;
    const verifiers = expected.trustRoot?.root?.verifiers ?? [];
    const claimed = claimedVerifier(item);
    const verifierId = verifiers.find(({ id }) => id === claimed)?.id ?? verifiers[0]?.id ?? '';
    const track = dependency.by === 'commit' ? 'SOURCE' : 'BUILD';
    const wanted = { verifierId, resourceUri: resourceOf(dependency) ?? '', track } as const;
    const judge = createJudge(this.#evidence, expectSummary(expected, wanted), now, proofs);
    if (dependency.by === 'digest')
      return judge(item, { kind: 'artifact', ...FOUND, artifact: toArtifact(dependency), positions, total });
    // A commit is no digest of bytes that the engine compares: the subject was found by it, in this very statement.
    const { accepted, report: judged } = judge(item, { kind: 'alone' });
    if (judged.statement === null) return { accepted, report: judged };
    const subject = subjectCommit(dependency.digest, positions);
    return {
      accepted,
      report: { ...judged, checks: replaceCheck(judged.checks, 'subject.digest', subject) },
    };
  }

  #level(number: number): Level {
    const known = this.#levels.get(number);
    if (known !== undefined) return known;
    const { expected, now, proofs, depth, all, policies } = this.#input;
    const further = { depth, all, policies, start: () => this.follower(number) };
    const own = policies[number - 1] ?? [];
    const wanted = expectProvenance(expected, own, number < depth ? further : undefined);
    const judge = createJudge(this.#evidence, wanted, now, proofs);
    const level = { number, policies: own, judge, known: new Map<string, DependencyReport>() };
    this.#levels.set(number, level);
    return level;
  }
}

const REJECTED = 'the attestation is rejected, and its dependencies are not followed';
const TOO_MANY = `more than ${MAX_DEPENDENCIES} dependencies: the others were not looked at`;
const TOO_MANY_ATTESTATIONS = `more than ${MAX_JUDGED} attestations of dependencies: the others were not looked at`;
const FOUND = { by: 'digest', omitted: 0 } as const;

function judgeProvenance(
  { item, positions }: Hit,
  dependency: Dependency,
  { judge }: Level,
  total: number,
): Judged {
  return judge(item, { kind: 'artifact', ...FOUND, artifact: toArtifact(dependency), positions, total });
}

/** By what it claims: whoever can change that could also have taken the attestation away. */
function isOfType({ item }: Hit, types: readonly string[]): boolean {
  const statement = item.statement();
  return !(statement instanceof MalformedError) && types.includes(statement.predicateType);
}

/** Which verifier of the trust root it is held against; its keys decide. */
function claimedVerifier(item: EvidenceItem): unknown {
  const statement = item.statement();
  if (statement instanceof MalformedError) return undefined;
  const verifier = member(statement.predicate, 'verifier') ?? null;
  return isJsonObject(verifier) ? member(verifier, 'id') : undefined;
}

function report(
  { uri, name, digest }: Dependency,
  level: number,
  verdict: DependencyReport['verdict'],
  reason: string | null,
  attestations: readonly AttestationReport[] = [],
): DependencyReport {
  return { level, uri: uri ?? null, name: name ?? null, digest, verdict, reason, attestations };
}
