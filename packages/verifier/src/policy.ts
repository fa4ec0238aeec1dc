import type { PublicKey } from '@danube/keys';
import type { DigestSet, Envelope, Statement } from 'in-toto-attestation';
import type { ArtifactInput } from './matching.ts';
import type { Build } from './profiles.ts';
import type { Check, CheckId, Finding, PolicyCheckId } from './report.ts';
import type { Context } from './context.ts';

/**
 * Which artifacts it is about, and what must be so for each of them. `@danube/verifier/documents` makes one of a policy
 * document; the engine only asks it, so that verifying without a policy loads nothing of it.
 */
export interface Policy {
  /** Unique among the policies of one verification. */
  readonly name: string;
  /** It demands a Build level, which only a trust root knows. */
  readonly needsTrustRoot: boolean;
  /** The ids of the checks that {@link judge} makes, in their order. */
  readonly checkIds: readonly PolicyCheckId[];
  /** Whether the policy is about this artifact. @throws {ExpectationError} for an image or package nobody can read. */
  readonly select: (artifact: ArtifactInput) => boolean;
  /** Makes every check of the policy. Never throws for what evidence holds: what cannot be judged fails. */
  readonly judge: (input: PolicyInput) => readonly Check[];
  /** Asks several policies about one attestation; it comes with them. @throws {ExpectationError} when they cannot go together. */
  readonly ask: AskPolicies;
}

export type AskPolicies = (policies: readonly Policy[], context: Context) => Judgement | undefined;

/** What several policies say of one attestation; `undefined` where they have nothing to say. */
export interface Judgement {
  readonly findings: Readonly<Partial<Record<CheckId, Finding>>>;
  /** The rules of the policies that are about the artifact, in their order. */
  readonly rules: readonly Check[];
}

/** What was accepted before: `@danube/verifier/documents` makes one of a lockfile. */
export interface Lock {
  readonly judge: (context: Context) => Finding;
}

/** What a policy may look at: provenance whose signatures count, and what speaks for the same artifact beside it. */
export interface PolicyInput {
  readonly artifact: ArtifactInput;
  readonly envelope: Envelope;
  readonly statement: Statement;
  readonly build: Build;
  /** The caller's keys that verified a signature. */
  readonly signers: readonly PublicKey[];
  /** The SLSA Build level that the trust root vouches for; `undefined` without one, or when it does not. */
  readonly level: number | undefined;
  readonly now: Date;
  /** The attestations of the evidence with a subject of this digest: all accepted algorithms of both must agree. */
  readonly about: (digest: DigestSet) => readonly Neighbour[];
  /** The attestations of the evidence with a subject of this Git commit. */
  readonly aboutCommit: (commit: string) => readonly Neighbour[];
}

/** An attestation beside the provenance. Its statement is a claim until a key that counts verified its envelope. */
export interface Neighbour {
  readonly path: string;
  readonly envelope: Envelope;
  readonly statement: Statement;
  /** Whether those whom the caller trusts with the provenance signed it as well. */
  readonly isTrusted: boolean;
  /** Whether the keys that the trust root has for this verifier signed it; `undefined` without a trust root. */
  readonly isByVerifier: (id: string) => boolean | undefined;
}
