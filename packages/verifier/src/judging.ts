import type { Evidence, EvidenceItem } from './evidence.ts';
import { MalformedError } from 'in-toto-attestation';
import type { Context } from './context.ts';
import type { CertificateProof } from './certificate.ts';
import type { Expected } from './expectations.ts';
import type { Followed } from './follow.ts';
import type { Found, FoundForArtifact } from './found.ts';
import type { ArtifactIndex, ArtifactInput } from './matching.ts';
import { NOTHING, type Opened, openAttestation } from './opening.ts';
import type { ArtifactReport, AttestationReport, Check } from './report.ts';
import type { PublicationProof } from './npm-package.ts';
import type { SignatureProofs } from './signature-proofs.ts';
import type { TimeProof } from './signing-time.ts';
import { runSteps } from './steps.ts';
import { summaryLevel } from './summary-checks.ts';
import { vouchedLevel } from './trust-checks.ts';

/** One attestation (or `null`: that there is none), held against what is judged. */
export interface Judged {
  readonly accepted: boolean;
  readonly report: AttestationReport;
}

export type Judge = (item: EvidenceItem | null, found: Found) => Judged;

/** What others found out about each attestation. */
export interface Proofs {
  readonly certificates?: ReadonlyMap<EvidenceItem, CertificateProof>;
  readonly times?: ReadonlyMap<EvidenceItem, TimeProof>;
  readonly publications?: ReadonlyMap<EvidenceItem, PublicationProof>;
  readonly signatures?: SignatureProofs;
}

/** A judge by these expectations, who opens each attestation once. */
export function createJudge(evidence: Evidence, expected: Expected, now: Date, proofs: Proofs = {}): Judge {
  const { certificates, times, publications, signatures } = proofs;
  const follow = expected.follow?.start({ evidence, expected, now, proofs });
  const attestations = new Map<EvidenceItem, Opened>();
  const recent: Check[] = [];
  const open = (item: EvidenceItem): Opened => {
    const opened =
      attestations.get(item) ??
      openAttestation(item, expected, now, certificates?.get(item), times?.get(item), signatures);
    attestations.set(item, opened);
    return opened;
  };
  return (item, found) => {
    const opened = item === null ? NOTHING : open(item);
    const context = { opened, found, expected, now, evidence, open, publications };
    const outcome: Followed = runSteps(context, recent);
    const { accepted, checks, dependencies } = follow === undefined ? outcome : follow(context, outcome);
    const level = accepted || expected.summary === undefined ? levelOf(context) : undefined;
    const report = describe(opened, accepted, level, checks);
    return { accepted, report: dependencies === undefined ? report : { ...report, dependencies } };
  };
}

/** The Build level by what the trust root says, or by the summary that is expected and was accepted. */
function levelOf(context: Context): number | undefined {
  const { summary, trustRoot } = context.expected;
  if (summary !== undefined) return summaryLevel(context);
  return trustRoot === undefined ? undefined : vouchedLevel(context);
}

function describe(
  { path, line, signers, certificate, statement, build }: Opened,
  accepted: boolean,
  level: number | undefined,
  checks: readonly Check[],
): AttestationReport {
  const isBelieved = certificate?.accepted !== true || certificate.isTimed;
  return {
    path,
    line,
    verdict: accepted ? 'accepted' : 'rejected',
    keyids: signers.map(({ keyid }) => keyid),
    identity: certificate?.accepted === true && isBelieved ? certificate.identity : null,
    builderId: build.reached && isBelieved ? build.value.provenance.runDetails.builder.id : null,
    buildLevel: level ?? null,
    statement: statement.reached && isBelieved ? statement.value : null,
    checks,
  };
}

/** How many attestations are listed under one artifact: those that name it, and others when they may explain. */
const LISTED = { named: 100, others: 5 } as const;

/** Judges one artifact by the attestations that name it; lists others that may explain why none did. */
export type ArtifactJudge = (artifact: ArtifactInput) => ArtifactReport;

export function createArtifactJudge({ items }: Evidence, index: ArtifactIndex, judge: Judge): ArtifactJudge {
  const [unreadable, readable]: [EvidenceItem[], EvidenceItem[]] = [[], []];
  for (const item of items) (item.statement() instanceof MalformedError ? unreadable : readable).push(item);
  return (artifact) => {
    const { accepted, reports } = judgeNamed(artifact, index, judge);
    const isNamed = reports.length > 0;
    reports.push(...listOthers(unreadable, LISTED.others, { ...OTHER, artifact, by: 'unreadable' }, judge));
    if (!isNamed) {
      const room = LISTED.others - reports.length;
      reports.push(...listOthers(readable, room, { ...OTHER, artifact, by: 'other' }, judge));
    }
    if (reports.length === 0) reports.push(judge(null, { ...OTHER, artifact, by: 'nothing' }).report);
    const { name, digest } = artifact;
    return { name, digest, verdict: accepted ? 'accepted' : 'rejected', attestations: reports };
  };
}

/** What is found without naming the artifact. */
const OTHER = { kind: 'artifact', positions: [], total: 0, omitted: 0 } as const;

function listOthers(
  items: readonly EvidenceItem[],
  room: number,
  found: FoundForArtifact,
  judge: Judge,
): AttestationReport[] {
  const omitted = Math.max(0, items.length - room);
  return items.slice(0, room).map((item) => judge(item, { ...found, total: items.length, omitted }).report);
}

/** Only an attestation with the artifact's digest can be accepted; one with its name tells what was changed. */
function judgeNamed(
  artifact: ArtifactInput,
  index: ArtifactIndex,
  judge: Judge,
): { readonly accepted: boolean; readonly reports: AttestationReport[] } {
  const byDigest = index.byDigest(artifact);
  const by = byDigest.length > 0 ? 'digest' : 'name';
  const hits = by === 'digest' ? byDigest : index.byName(artifact);
  const omitted = Math.max(0, hits.length - LISTED.named);
  const reports: AttestationReport[] = [];
  let accepted = false;
  for (const { item, positions } of hits) {
    if (reports.length === LISTED.named && (accepted || by === 'name')) break;
    const judged = judge(item, { kind: 'artifact', artifact, by, positions, total: hits.length, omitted });
    if (reports.length < LISTED.named) reports.push(judged.report);
    else if (judged.accepted) reports[LISTED.named - 1] = judged.report;
    accepted ||= judged.accepted;
  }
  return { accepted, reports };
}
