import {
  type Statement,
  MalformedError,
  SCAI_V02,
  SCAI_V03,
  TEST_RESULT_V01,
  VSA_V1,
  VULNS_V02,
  matchCycloneDxType,
  matchSpdxType,
  matchStatementPayloadType,
  parseAttributeReport,
  parsePredicate,
  parseTestResult,
  parseVerificationSummary,
  parseVulnerabilityScan,
} from 'in-toto-attestation';
import { fail, pass } from '../../finding.ts';
import { describeValue, isEqual } from '../../parameter-checks.ts';
import type { Neighbour, PolicyInput } from '../../policy.ts';
import type { Finding } from '../../report.ts';
import { isRecent, readDuration } from './build-constraints.ts';
import { readCel } from './cel.ts';
import { uriMatcher } from './patterns.ts';
import { hasSigned, type Roles } from './roles.ts';
import type {
  AttestationDemand,
  PolicySpec,
  ReviewDemand,
  SbomDemand,
  ScanDemand,
  SummaryDemand,
  TestDemand,
} from './schema.ts';
import { countFindings, exceeded } from './severities.ts';

/** What is wrong with an attestation of the demanded kind; `undefined` when nothing is. */
type Fault = (statement: Statement, input: PolicyInput) => string | undefined;

interface Kind {
  readonly what: string;
  readonly isOfType: (predicateType: string) => boolean;
  readonly fault: Fault;
  /** A review may be about the commit that was built. */
  readonly isAboutCommit?: boolean;
  /** Why one says nothing any more, so that it neither helps nor harms. */
  readonly outdated?: Fault;
  /** Whose keys of the trust root must have signed it, when the policy names no roles. */
  readonly verifier?: string;
  /** All that say something have to be good, and not only one: a bad result stays bad beside a good one. */
  readonly all?: boolean;
}

/** @throws {PatternError} for the resource of a summary, {RuleError} for the expression of a review. */
export function attestationCheck(demand: AttestationDemand, roles: Roles): (input: PolicyInput) => Finding {
  return neighbourCheck(kindOf(demand), demand.signedBy, roles);
}

export function isolationCheck(
  { attributes, signedBy }: Exclude<PolicySpec['isolation'], undefined>,
  roles: Roles,
): (input: PolicyInput) => Finding {
  const fault: Fault = ({ predicate }) => {
    const report = parseAttributeReport(predicate);
    const missing = attributes.find(
      ({ attribute, conditions = {} }) =>
        !report.attributes.some(
          (each) =>
            each.attribute === attribute &&
            Object.entries(conditions).every(([name, value]) => {
              const actual = Object.hasOwn(each.conditions ?? {}, name) ? each.conditions?.[name] : undefined;
              return actual !== undefined && isEqual(actual, value);
            }),
        ),
    );
    if (missing === undefined) return undefined;
    const { attribute, conditions } = missing;
    return `it does not state ${attribute}${conditions === undefined ? '' : ` with ${describeValue(conditions)}`}`;
  };
  const names = attributes.map(({ attribute }) => attribute).join(', ');
  return neighbourCheck(
    { what: `an attribute report that states ${names}`, isOfType: isAttributeReport, fault },
    signedBy,
    roles,
  );
}

function isAttributeReport(predicateType: string): boolean {
  return predicateType === SCAI_V03 || predicateType === SCAI_V02;
}

/** One attestation of the kind, about the same artifact, signed by whom the policy says, without fault. */
function neighbourCheck(
  { what, isOfType, fault, isAboutCommit = false, outdated = () => undefined, verifier, all = false }: Kind,
  signedBy: readonly string[] | undefined,
  roles: Roles,
): (input: PolicyInput) => Finding {
  const by = describeSigners(signedBy, verifier);
  const expected = `${what}, signed by ${by}`;
  return (input) => {
    const found = [
      ...input.about(input.artifact.digest),
      ...(isAboutCommit ? aboutSource(input) : []),
    ].filter(({ statement }) => isOfType(statement.predicateType));
    const counted = found.filter((neighbour) => isSignedBy(neighbour, signedBy, roles, verifier));
    const judged = counted.map((neighbour) => ({
      path: neighbour.path,
      old: faultOf(neighbour, input, outdated),
      bad: faultOf(neighbour, input, fault),
    }));
    const current = judged.filter(({ old }) => old === undefined);
    const good = current.find(({ bad }) => bad === undefined);
    const worst = current.find(({ bad }) => bad !== undefined);
    if (good !== undefined && (!all || worst === undefined)) return pass({ expected, actual: good.path });
    const first = worst ?? judged[0];
    if (first !== undefined) return fail({ expected, actual: `${first.path}: ${first.old ?? first.bad}` });
    const actual =
      found.length === 0
        ? 'there is none about this artifact'
        : `${found.length} found, none signed by ${by}`;
    return fail({ expected, actual, hint: 'Give it with the provenance, as evidence of its own.' });
  };
}

function aboutSource({ build: { source }, aboutCommit }: PolicyInput): readonly Neighbour[] {
  const commit = typeof source === 'string' ? undefined : source.commit();
  return commit === undefined ? [] : aboutCommit(commit.value);
}

/** In words, for the check and for those who read the policy. */
export function describeSigners(
  signedBy: readonly string[] | undefined,
  verifier: string | undefined,
): string {
  if (signedBy !== undefined) return signedBy.join(' or ');
  if (verifier === undefined) return 'whoever may sign the provenance';
  return 'the keys that the trust root has for the verifier (without a trust root: whoever may sign the provenance)';
}

function isSignedBy(
  { envelope, isTrusted, isByVerifier }: Neighbour,
  signedBy: readonly string[] | undefined,
  roles: Roles,
  verifier: string | undefined,
): boolean {
  if (!matchStatementPayloadType(envelope.payloadType)) return false;
  if (signedBy !== undefined) return signedBy.some((name) => hasSigned(envelope, roles.get(name) ?? []));
  return verifier === undefined ? isTrusted : (isByVerifier(verifier) ?? isTrusted);
}

function faultOf({ statement }: Neighbour, input: PolicyInput, fault: Fault): string | undefined {
  try {
    return fault(statement, input);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return error.message;
  }
}

function kindOf(demand: AttestationDemand): Kind {
  switch (demand.type) {
    case 'sbom':
      return sbomKind(demand);
    case 'vulnerability-scan':
      return scanKind(demand);
    case 'test-result':
      return testKind(demand);
    case 'review':
      return reviewKind(demand);
    case 'summary':
      return summaryKind(demand);
    default:
      return demand satisfies never;
  }
}

function sbomKind({ formats = ['spdx', 'cyclonedx'] }: SbomDemand): Kind {
  return {
    what: `an SBOM (${formats.join(' or ')})`,
    isOfType: (type) =>
      (formats.includes('spdx') && matchSpdxType(type)) ||
      (formats.includes('cyclonedx') && matchCycloneDxType(type)),
    fault: (statement) =>
      parsePredicate(statement) === undefined ? 'nobody knows how to read it' : undefined,
  };
}

function testKind({ tests = [] }: TestDemand): Kind {
  return {
    what: 'a test result that passed',
    isOfType: (type) => type === TEST_RESULT_V01,
    all: true,
    fault: ({ predicate }) => {
      const { result, passedTests = [] } = parseTestResult(predicate);
      if (result !== 'PASSED') return `the result is ${result}`;
      const missing = tests.find((test) => !passedTests.includes(test));
      return missing === undefined ? undefined : `${missing} is not among the tests that passed`;
    },
  };
}

function scanKind({ ceiling, accepted = [], maxAge }: ScanDemand): Kind {
  const ignored = new Set(accepted.map(({ id }) => id));
  const seconds = readDuration(maxAge);
  return {
    what: `a vulnerability scan of the last ${maxAge}, with at most ${Object.entries(ceiling)
      .map(([severity, count]) => `${count} ${severity}`)
      .join(', ')}`,
    isOfType: (type) => type === VULNS_V02,
    all: true,
    outdated: ({ predicate }, { now }) => {
      const { scanFinishedOn } = parseVulnerabilityScan(predicate).metadata;
      return isRecent(scanFinishedOn, seconds, now) ? undefined : `the scan finished on ${scanFinishedOn}`;
    },
    fault: ({ predicate }) => {
      const { result } = parseVulnerabilityScan(predicate).scanner;
      return exceeded(countFindings(result.filter(({ id }) => !ignored.has(id))), ceiling);
    },
  };
}

function reviewKind({ predicateType, expression }: ReviewDemand): Kind {
  const rule = readCel(expression);
  return {
    what: `a review of type ${predicateType} for which ${expression} holds`,
    isOfType: (type) => type === predicateType,
    isAboutCommit: true,
    fault: (statement, input) => {
      const result = rule({ ...input, statement });
      return result === true
        ? undefined
        : typeof result === 'string'
          ? result
          : `${expression} does not hold`;
    },
  };
}

/** SLSA 1.2, verification_summary.md, how to verify: steps 3 to 7; 1 and 2 are made for every attestation. */
function summaryKind({ verifier, resourceUri, levels }: SummaryDemand): Kind {
  const match = uriMatcher(resourceUri);
  return {
    what: `a verification summary by ${verifier} of ${resourceUri} with ${levels.join(', ')}`,
    isOfType: (type) => type === VSA_V1,
    verifier,
    fault: ({ predicate }) => {
      const summary = parseVerificationSummary(predicate);
      if (summary.verifier.id !== verifier) return `the verifier is ${summary.verifier.id}`;
      if (!match(summary.resourceUri)) return `the resource is ${summary.resourceUri}`;
      if (summary.verificationResult !== 'PASSED') return `the result is ${summary.verificationResult}`;
      const missing = levels.find(
        (level) => !summary.verifiedLevels.some((actual) => satisfies(actual, level)),
      );
      return missing === undefined
        ? undefined
        : `${missing} is not among ${summary.verifiedLevels.join(', ')}`;
    },
  };
}

/** A higher level of the same track satisfies a lower one. */
function satisfies(actual: string, demanded: string): boolean {
  if (actual === demanded) return true;
  const [, track, level] = LEVEL.exec(demanded) ?? [];
  const [, actualTrack, actualLevel] = LEVEL.exec(actual) ?? [];
  return track !== undefined && track === actualTrack && Number(actualLevel) >= Number(level);
}

const LEVEL = /^SLSA_([A-Z]+(?:_[A-Z]+)*)_LEVEL_([0-9]{1,2})$/;
