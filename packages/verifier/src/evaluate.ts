import { MalformedError } from 'in-toto-attestation';
import type { CertificateProof } from './certificate.ts';
import { ExpectationError, VerificationError } from './errors.ts';
import type { Evidence, EvidenceItem } from './evidence.ts';
import { type Expectations, type Expected, readExpectations } from './expectations.ts';
import { type Judge, type Proofs, createArtifactJudge, createJudge } from './judging.ts';
import { type ArtifactInput, ArtifactIndex } from './matching.ts';
import { missingSubjects } from './missing.ts';
import { type ArtifactReport, type Report, TOOL } from './report.ts';
import type { PublicationProof } from './npm-package.ts';
import type { SignatureProofs } from './signature-proofs.ts';
import type { TimeProof } from './signing-time.ts';
import { demandedTypes } from './statement-checks.ts';

/** What is judged, and by what. */
export interface Verification extends Proofs {
  readonly evidence: Evidence;
  /**
   * At least one artifact; or, said in so many words, none: then every attestation of the evidence is judged by itself,
   * `subject.digest` is not run, and each of the demanded type has to pass, at least one.
   */
  readonly artifacts: readonly ArtifactInput[] | 'provenance-only';
  readonly expectations: Expectations;
  /** The time to judge ages by. */
  readonly now: Date;
  /**
   * What was found out about the certificate of each item that has one, by whoever knows certificates (@danube/sigstore).
   * Needed when a certificate is expected; an item that is not in it has no certificate.
   */
  readonly certificates?: ReadonlyMap<EvidenceItem, CertificateProof>;
  /**
   * What was found out about the timestamps of each item that has some, by whoever knows them (@danube/sigstore). Without
   * it keys are judged at the time of the verification.
   */
  readonly times?: ReadonlyMap<EvidenceItem, TimeProof>;
  /**
   * What was found out about the bundles that a registry's key signed, by whoever knows logs (@danube/sigstore). Needed
   * when an npm package is expected; for an item that is not in it nothing is proven.
   */
  readonly publications?: ReadonlyMap<EvidenceItem, PublicationProof>;
  /**
   * Signatures that were verified already, by other threads (`@danube/verifier/parallel`). Without it, and for those that
   * it does not know, they are verified here; the report is the same.
   */
  readonly signatures?: SignatureProofs;
}

/**
 * Makes every check on every artifact and says what it found (SLSA 1.2, verifying-artifacts.md). An artifact is accepted
 * when one attestation passes all of them; others beside it are listed and spoil nothing. The verdict is `accepted` when
 * there is at least one artifact and every one is.
 *
 * Pure: the same input gives the same report. What the evidence holds never makes it throw.
 *
 * @throws {ExpectationError} (a `TypeError`) for a caller's mistake: no artifacts, an artifact without an accepted digest,
 * no keys, an expectation that cannot mean what it says.
 */
export function evaluateProvenance(verification: Verification): Report {
  return evaluate(verification, readExpectations(verification.expectations));
}

/** Evaluations by the same expectations, which were read once. */
export interface Verifier {
  /** See {@link evaluateProvenance}. */
  evaluate(question: Question): Report;
  /** See {@link verifyProvenance}. */
  verify(question: Question): Report;
}

/** A verification without the expectations, which the {@link Verifier} has. */
export type Question = Omit<Verification, 'expectations'>;

/**
 * For programs that verify often by the same expectations: reads and checks them once. They must not be changed later.
 *
 * @throws {ExpectationError} (a `TypeError`) for an expectation that cannot mean what it says.
 */
export function createVerifier(expectations: Expectations): Verifier {
  const expected = readExpectations(expectations);
  const evaluateExpected = (question: Question): Report => evaluate(question, expected);
  return {
    evaluate: evaluateExpected,
    verify: (question) => demandAccepted(evaluateExpected(question)),
  };
}

function evaluate(question: Question, expected: Expected): Report {
  const { artifacts, evidence, now, certificates, publications } = question;
  if (!(now instanceof Date) || Number.isNaN(now.getTime()))
    throw new ExpectationError('now', 'must be a valid date');
  if (expected.certificates.length > 0 && certificates === undefined) {
    throw new ExpectationError('certificates', 'a certificate is expected, and none was looked at');
  }
  if (expected.npmPackage !== undefined && publications === undefined) {
    throw new ExpectationError(
      'publications',
      'an npm package is expected, and no publication was looked at',
    );
  }
  const judge = createJudge(evidence, expected, now, question);
  if (artifacts === 'provenance-only') return judgeProvenance(evidence, expected, judge);
  if (!Array.isArray(artifacts) || artifacts.length === 0) {
    throw new ExpectationError(
      'artifacts',
      "there is none; to judge provenance alone, say 'provenance-only'",
    );
  }
  return judgeArtifacts(artifacts, evidence, expected, judge);
}

/**
 * The same as {@link evaluateProvenance}, for callers who go on only when the verdict is `accepted`.
 *
 * @throws {VerificationError} `ERR_VERIFICATION` with the report, unless the verdict is `accepted`.
 * @throws {ExpectationError} (a `TypeError`) for a caller's mistake.
 */
export function verifyProvenance(verification: Verification): Report {
  return demandAccepted(evaluateProvenance(verification));
}

function demandAccepted(report: Report): Report {
  if (report.verdict !== 'accepted') throw new VerificationError(report);
  return report;
}

/**
 * Without artifacts there is no neighbour that could stand in: each attestation has to pass. Those that do not claim to be
 * of the demanded type are listed with the first that does, with their own checks, and spoil nothing; when there is none
 * that does, they are judged all the same, and fail.
 */
function judgeProvenance({ items }: Evidence, expected: Expected, judge: Judge): Report {
  if (expected.noExtra || expected.noMissing) {
    throw new ExpectationError('artifacts', 'without artifacts none can be extra or missing');
  }
  const others = items.filter((item) => isOfOtherType(item, expected));
  const demanded = items.filter((item) => !others.includes(item));
  const [rows, beside] = demanded.length === 0 ? [items, []] : [demanded, others];
  const judged = (rows.length === 0 ? [null] : rows).map((item) => judge(item, { kind: 'alone' }));
  const listed = beside.map((item) => judge(item, { kind: 'alone' }).report);
  return conclude(
    judged.map(({ accepted, report }, index) => ({
      name: null,
      digest: {},
      verdict: accepted ? 'accepted' : 'rejected',
      attestations: index === 0 ? [report, ...listed] : [report],
    })),
  );
}

/** By what it claims, signed or not: whoever can change that could also have taken the attestation away. */
function isOfOtherType(item: EvidenceItem, expected: Expected): boolean {
  const statement = item.statement();
  return !(statement instanceof MalformedError) && !demandedTypes(expected).includes(statement.predicateType);
}

function judgeArtifacts(
  artifacts: readonly ArtifactInput[],
  evidence: Evidence,
  expected: Expected,
  judge: Judge,
): Report {
  const index = new ArtifactIndex(artifacts, evidence);
  const unjudged = new Set(expected.noExtra ? [] : extraArtifacts(artifacts, index));
  const judged = unjudged.size === 0 ? artifacts : artifacts.filter((artifact) => !unjudged.has(artifact));
  const reports = judged.map(createArtifactJudge(evidence, index, judge));
  const missing = expected.noMissing ? missingSubjects(evidence, index, judge) : [];
  return conclude([...reports, ...missing], [...unjudged]);
}

/** Files of a directory that no evidence names. When that is all of them, there is nothing else to judge: then none. */
function extraArtifacts(artifacts: readonly ArtifactInput[], index: ArtifactIndex): readonly ArtifactInput[] {
  const extra = artifacts.filter((artifact) => artifact.fromDirectory === true && !index.isNamed(artifact));
  return extra.length === artifacts.length ? [] : extra;
}

function conclude(artifacts: readonly ArtifactReport[], unjudged: readonly ArtifactInput[] = []): Report {
  const accepted = artifacts.length > 0 && artifacts.every(({ verdict }) => verdict === 'accepted');
  return {
    verdict: accepted ? 'accepted' : 'rejected',
    artifacts,
    unjudged: unjudged.map(({ name }) => name),
    tool: TOOL,
  };
}
