import {
  encodeVerificationSummary,
  type ResourceDescriptor,
  type Statement,
  STATEMENT_V1,
  VSA_V1,
} from 'in-toto-attestation';
import { countDependencyLevels } from './dependency-levels.ts';
import { ExpectationError } from './errors.ts';
import { type ArtifactReport, type Report, TOOL } from './report.ts';

/** What a report does not know of the verification that it came from. */
export interface SummaryFacts {
  /** Who verified: a URI that consumers know together with the key that signs the summary. */
  readonly verifierId: string;
  /** What was verified, by the URI that consumers fetch it from. */
  readonly resourceUri: string;
  /** By what it was judged; with a `uri`, and best with a digest. */
  readonly policy: ResourceDescriptor;
  /** Every attestation that was looked at, each with its digest. */
  readonly inputAttestations: readonly ResourceDescriptor[];
  /** The `now` of the verification. */
  readonly timeVerified: Date;
}

/** Of the version of the specification that levels and checks are those of. */
const SLSA_VERSION = '1.2';

/** No trust root said which level the builder's word is worth. */
const UNEVALUATED = 'SLSA_BUILD_LEVEL_UNEVALUATED';

/**
 * The outcome of a verification as a statement for others to rely on, not signed yet (SLSA 1.2,
 * verification_summary.md). Its subjects are the artifacts of the report, all of one verdict; its level is the one that
 * the trust root vouches for, of several artifacts the lowest; whatever provenance says of itself is no level.
 * Dependencies that were followed are counted by their own levels.
 *
 * @throws {ExpectationError} (a `TypeError`) for a report without artifacts, for artifacts of which some are accepted and
 * some rejected (there is no one result), and for facts that are no URIs.
 */
export function buildVerificationSummary(report: Report, facts: SummaryFacts): Statement {
  const { verifierId, resourceUri, policy, inputAttestations, timeVerified } = facts;
  requireUri('verifierId', verifierId);
  requireUri('resourceUri', resourceUri);
  const artifacts = requireOneResult(report);
  const isPassed = report.verdict === 'accepted';
  const dependencyLevels = countDependencyLevels(artifacts);
  const predicate = encodeVerificationSummary({
    verifier: { id: verifierId, version: { [TOOL.name]: TOOL.version } },
    timeVerified: timeVerified.toISOString(),
    resourceUri,
    policy,
    inputAttestations,
    verificationResult: isPassed ? 'PASSED' : 'FAILED',
    verifiedLevels: isPassed ? [lowestLevel(artifacts)] : ['FAILED'],
    ...(dependencyLevels !== undefined && { dependencyLevels }),
    slsaVersion: SLSA_VERSION,
  });
  const subject = artifacts.map(({ name, digest }) => ({ ...(name === null ? {} : { name }), digest }));
  return { _type: STATEMENT_V1, subject, predicateType: VSA_V1, predicate };
}

function requireUri(field: string, text: string): void {
  if (/^[a-z][a-z0-9+.-]*:[!-~]+$/.test(text)) return;
  throw new ExpectationError(field, 'must be a URI with a lower-case scheme');
}

function requireOneResult({ verdict, artifacts }: Report): readonly ArtifactReport[] {
  if (artifacts.length === 0 || artifacts.some(({ digest }) => Object.keys(digest).length === 0)) {
    throw new ExpectationError('artifacts', 'a verification summary is about artifacts, and none was judged');
  }
  if (artifacts.every((artifact) => artifact.verdict === verdict)) return artifacts;
  throw new ExpectationError(
    'artifacts',
    'some are accepted and some rejected, and a verification summary has one result',
  );
}

function lowestLevel(artifacts: readonly ArtifactReport[]): string {
  const levels = artifacts.map(verifiedLevel);
  const known = levels.filter((level) => level !== undefined);
  return known.length < levels.length ? UNEVALUATED : `SLSA_BUILD_LEVEL_${Math.min(...known)}`;
}

/** The highest level that an accepted attestation of the artifact has. */
function verifiedLevel({ attestations }: ArtifactReport): number | undefined {
  const levels = attestations.flatMap(({ verdict, buildLevel }) =>
    verdict === 'accepted' && buildLevel !== null ? [buildLevel] : [],
  );
  return levels.length === 0 ? undefined : Math.max(...levels);
}
