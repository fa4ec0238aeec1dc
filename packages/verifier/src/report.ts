import type { DigestSet, Statement } from 'in-toto-attestation';
import { type DependencyBranch, dependencyTrees } from './dependency-tree.ts';

/**
 * Every check of a verification, in the order in which it is made and reported. The ids are stable. Behind
 * them come the rules of the policies, `policy.rule:POLICY/RULE`.
 */
export const CHECK_IDS = [
  'evidence.found',
  'trust.root',
  'envelope.format',
  'signature',
  'key.delegation',
  'transparency',
  'certificate.identity',
  'key.threshold',
  'time.proof',
  'key.validity',
  'key.revoked',
  'statement.format',
  'subject.digest',
  'predicate.type',
  'predicate.format',
  'certificate.claims',
  'builder.id',
  'build.level',
  'build.type',
  'source.uri',
  'source.ref',
  'source.commit',
  'parameters',
  'time.age',
  'npm.package',
  'vsa.verifier',
  'vsa.resource',
  'vsa.result',
  'vsa.levels',
  'vsa.time',
  'policy.match',
  'dependency',
  'summary',
  'downgrade',
  'artifact.extra',
  'artifact.missing',
] as const;

/** A rule of a policy: its policy's name and its own. */
export type PolicyRuleId = `policy.rule:${string}/${string}`;

/** The checks that policies make. */
export type PolicyCheckId = PolicyRuleId | 'dependency' | 'summary';

export type CheckId = (typeof CHECK_IDS)[number] | PolicyRuleId;

/**
 * `pass` and `fail` answer what was demanded; `warn` is worth reading and demands nothing; `not-run` was either not
 * asked for or not possible, and its `actual` says which.
 */
export type CheckStatus = 'pass' | 'fail' | 'warn' | 'not-run';

export type Verdict = 'accepted' | 'rejected';

/** What one check found. Texts may quote evidence as it is: give them to {@link printable} before a person sees them. */
export interface Finding {
  readonly status: CheckStatus;
  /** What would have passed; `null` when nothing in particular was demanded. */
  readonly expected: string | null;
  /** What was there, or why the check was not run. */
  readonly actual: string | null;
  /**
   * JSON pointer (RFC 6901) to what was read: into the envelope for `envelope.format`, `signature` and `key.threshold`
   * (or into the Sigstore bundle around it), into the statement for all later checks.
   */
  readonly pointer: string | null;
  /** What the reader can do about it. */
  readonly hint: string | null;
}

export interface Check extends Finding {
  readonly id: CheckId;
}

/** One attestation held against one artifact. */
export interface AttestationReport {
  /** Where the evidence came from, as the caller named it; `null` when there was none at all. */
  readonly path: string | null;
  /** Line of a JSON Lines file, from 1; `null` for other formats. */
  readonly line: number | null;
  /** Whether it is enough to accept the artifact; one that is accepted makes the artifact so. */
  readonly verdict: Verdict;
  /** Fingerprints of the keys that verified a signature, never those that the envelope claims. */
  readonly keyids: readonly string[];
  /** The identity of the certificate that signed, when it is one that the caller expects; `null` otherwise. */
  readonly identity: string | null;
  /** What the provenance says of its builder; `null` unless enough of the caller's keys signed it. */
  readonly builderId: string | null;
  /** The SLSA Build level that the trust root vouches for; `null` without one, and when it does not. */
  readonly buildLevel: number | null;
  /** The statement, when enough of the caller's keys signed it; the very bytes that were verified, parsed once. */
  readonly statement: Statement | null;
  /** All checks in the order of {@link CHECK_IDS}, then the rules of policies. */
  readonly checks: readonly Check[];
  /** What its provenance names as dependencies; only when they were followed. */
  readonly dependencies?: readonly DependencyReport[];
}

/**
 * One dependency of what was verified, and all that speaks for it. The same dependency at the same level is one value,
 * wherever it is named.
 */
export interface DependencyReport {
  /** How far away: 1 for what the provenance of an artifact names. */
  readonly level: number;
  /** As the provenance that names it has it; `null` where it does not say. */
  readonly uri: string | null;
  readonly name: string | null;
  readonly digest: DigestSet;
  /** `unverified` when nothing at hand speaks for it. */
  readonly verdict: Verdict | 'unverified';
  /** Why nothing could speak for it; `null` when something did, for or against it. */
  readonly reason: string | null;
  /** Provenance of it and verification summaries about it. One that is accepted makes the dependency so. */
  readonly attestations: readonly AttestationReport[];
}

export interface ArtifactReport {
  /** As the caller named it (a missing one: as the subject is named); `null` when only provenance was judged. */
  readonly name: string | null;
  readonly digest: DigestSet;
  readonly verdict: Verdict;
  readonly attestations: readonly AttestationReport[];
}

/** The outcome of one verification. */
export interface Report {
  readonly verdict: Verdict;
  readonly artifacts: readonly ArtifactReport[];
  /** Names of files of a directory that no attestation names, and that nobody asked to judge (`noExtra`). */
  readonly unjudged: readonly string[];
  readonly tool: Tool;
}

export interface Tool {
  readonly name: string;
  readonly version: string;
}

/** The tool that the report names. */
export const TOOL: Tool = { name: 'danube', version: '0.1.0' };

/** The report as it is published: `docs/schemas/verification-report.schema.json`. */
export interface ReportJson {
  readonly verdict: Verdict;
  readonly artifacts: readonly {
    readonly name: string | null;
    readonly digest: DigestSet;
    readonly verdict: Verdict;
    readonly attestations: readonly AttestationJson[];
  }[];
  /** A tree for each attestation whose dependencies were followed; absent when none were. */
  readonly dependencies?: readonly {
    readonly path: string | null;
    readonly line: number | null;
    readonly dependencies: readonly DependencyJson[];
  }[];
  readonly tool: Tool;
}

export interface AttestationJson {
  readonly path: string | null;
  readonly keyids: readonly string[];
  readonly builderId: string | null;
  readonly checks: readonly Check[];
}

/** A dependency in its tree; what stands there already has neither attestations nor dependencies again. */
export interface DependencyJson extends Omit<DependencyReport, 'attestations'> {
  readonly repeated: boolean;
  readonly cycle: boolean;
  readonly attestations: readonly AttestationJson[];
  readonly dependencies: readonly DependencyJson[];
}

/** The published JSON form of a report: the same facts, without the parsed statements. Never throws. */
export function reportJson(report: Report): ReportJson {
  return {
    verdict: report.verdict,
    artifacts: report.artifacts.map(({ name, digest, verdict, attestations }) => ({
      name,
      digest,
      verdict,
      attestations: attestations.map(attestationJson),
    })),
    ...(isFollowed(report) && {
      dependencies: dependencyTrees(report).map(({ attestation: { path, line }, branches }) => ({
        path,
        line,
        dependencies: branches.map(branchJson),
      })),
    }),
    tool: report.tool,
  };
}

/** Whether the dependencies of some attestation were followed. */
export function isFollowed({ artifacts }: Report): boolean {
  return artifacts.some(({ attestations }) =>
    attestations.some(({ dependencies }) => dependencies !== undefined),
  );
}

function attestationJson({ path, keyids, builderId, checks }: AttestationReport): AttestationJson {
  return { path, keyids, builderId, checks };
}

function branchJson({ dependency, isRepeated, isCycle, branches }: DependencyBranch): DependencyJson {
  const { level, uri, name, digest, verdict, reason, attestations } = dependency;
  return {
    level,
    uri,
    name,
    digest,
    verdict,
    reason,
    repeated: isRepeated,
    cycle: isCycle,
    attestations: isRepeated ? [] : attestations.map(attestationJson),
    dependencies: branches.map(branchJson),
  };
}
