import type { Expected } from './expectations.ts';
import type { Check, CheckId, Finding } from './report.ts';
import type { Context } from './context.ts';
import { artifactExtra, artifactMissing, evidenceFound, subjectDigest } from './artifact-checks.ts';
import { envelopeFormat, keyDelegation, keyThreshold, signature } from './signature-checks.ts';
import { certificateClaims } from './claims-check.ts';
import { certificateIdentity, signsByCertificate, transparency } from './certificate-checks.ts';
import { predicateFormat, predicateType, provenanceDemanded, statementFormat } from './statement-checks.ts';
import { buildType, builderId, sourceCommit, sourceRef, sourceUri } from './build-checks.ts';
import { parameters, parametersDemanded } from './parameter-checks.ts';
import { vsaLevels, vsaResource, vsaResult, vsaTime, vsaVerifier } from './summary-checks.ts';
import { timeAge } from './time-checks.ts';
import { buildLevel, keyRevoked, keyValidity, trustRoot } from './trust-checks.ts';
import { timeProof } from './time-proof-check.ts';
import { notRun } from './finding.ts';
import { npmPackage } from './npm-package-check.ts';

/** One check of a verification. */
interface Step {
  readonly id: CheckId;
  readonly check: (context: Context) => Finding;
  /** Whether acceptance needs it: then anything but `pass` or `warn` rejects, `not-run` too. */
  readonly demanded: (context: Context) => boolean;
  /** What the report says when nobody demanded it; without it the check is always made. */
  readonly unasked?: Check;
}

const always = (): boolean => true;
/** Whether the trust root names anybody who could prove a time. */
const provesTime = ({ expected: { trustRoot } }: Context): boolean =>
  trustRoot?.root?.timestampAuthorities !== undefined || trustRoot?.root?.sigstore !== undefined;
const hasTrustRoot = ({ expected }: Context): boolean => expected.trustRoot !== undefined;

/** A verification, whole: every check in the order in which it is made. */
export const STEPS: readonly Step[] = [
  { id: 'evidence.found', check: evidenceFound, demanded: always },
  trusted('trust.root', trustRoot, 'trust root not constrained'),
  { id: 'envelope.format', check: envelopeFormat, demanded: always },
  { id: 'signature', check: signature, demanded: always },
  {
    id: 'key.delegation',
    check: keyDelegation,
    demanded: ({ opened }) => opened.delegated !== undefined,
  },
  { id: 'transparency', check: transparency, demanded: signsByCertificate },
  { id: 'certificate.identity', check: certificateIdentity, demanded: signsByCertificate },
  { id: 'key.threshold', check: keyThreshold, demanded: always },
  {
    ...trusted('time.proof', timeProof, 'time of signature not constrained'),
    demanded: provesTime,
  },
  trusted('key.validity', keyValidity, 'validity of keys not constrained'),
  trusted('key.revoked', keyRevoked, 'revocation of keys not constrained'),
  { id: 'statement.format', check: statementFormat, demanded: always },
  { id: 'subject.digest', check: subjectDigest, demanded: ({ found }) => found.kind === 'artifact' },
  { id: 'predicate.type', check: predicateType, demanded: always },
  {
    id: 'predicate.format',
    check: predicateFormat,
    demanded: ({ expected }) => provenanceDemanded(expected),
  },
  { id: 'certificate.claims', check: certificateClaims, demanded: () => false },
  asked('builder.id', builderId, 'builder not constrained', ({ builderId }) => builderId),
  {
    ...trusted('build.level', buildLevel, 'build level not constrained'),
    demanded: ({ expected }) =>
      expected.summary === undefined &&
      (expected.buildLevel !== undefined ||
        (expected.trustRoot !== undefined && provenanceDemanded(expected))),
  },
  asked('build.type', buildType, 'build type not constrained', ({ buildType }) => buildType),
  asked('source.uri', sourceUri, 'source not constrained', ({ sourceUri }) => sourceUri),
  asked('source.ref', sourceRef, 'source ref not constrained', ({ sourceRef }) => sourceRef),
  asked('source.commit', sourceCommit, 'source commit not constrained', ({ sourceCommit }) => sourceCommit),
  { id: 'parameters', check: parameters, demanded: ({ expected }) => parametersDemanded(expected) },
  asked('time.age', timeAge, 'age not constrained', ({ maxAgeSeconds, summary }) =>
    summary === undefined ? maxAgeSeconds : undefined,
  ),
  asked('npm.package', npmPackage, 'no npm package is named', ({ npmPackage: wanted }) => wanted?.name),
  summed('vsa.verifier', vsaVerifier),
  summed('vsa.resource', vsaResource),
  summed('vsa.result', vsaResult),
  summed('vsa.levels', vsaLevels),
  summed('vsa.time', vsaTime),
  policed('policy.match', 'policy not demanded'),
  policed('dependency', 'dependencies not constrained'),
  policed('summary', 'verification summary not demanded'),
  asked('downgrade', downgrade, 'no lockfile', ({ lock }) => lock !== undefined),
  among('artifact.extra', artifactExtra, 'extra files not constrained', ({ noExtra }) => noExtra),
  among('artifact.missing', artifactMissing, 'missing files not constrained', ({ noMissing }) => noMissing),
];

/** A check that is made only when the caller's expectations name what it compares with. */
function asked(
  id: CheckId,
  check: Step['check'],
  unasked: string,
  expectation: (expected: Expected) => string | number | boolean | undefined,
): Step {
  const demanded = ({ expected }: Context): boolean => (expectation(expected) ?? false) !== false;
  return { id, check, demanded, unasked: { id, ...notRun(unasked) } };
}

/** A check by the trust root: made whenever there is one, because what it says holds for everything. */
function trusted(id: CheckId, check: Step['check'], unasked: string): Step {
  return { id, check, demanded: hasTrustRoot, unasked: { id, ...notRun(unasked) } };
}

/** Is it no weaker and no older than what was accepted before? */
function downgrade(context: Context): Finding {
  if (context.found.kind === 'missing') return notRun('there is no file to compare with');
  return context.expected.lock?.judge(context) ?? notRun('no lockfile');
}

/** A check of a verification summary: made when one is expected in place of provenance. */
function summed(id: CheckId, check: Step['check']): Step {
  return asked(id, check, 'no verification summary is expected', ({ summary }) => summary !== undefined);
}

/** What policies said: made when one of them has to say something. */
function policed(id: CheckId, unasked: string): Step {
  const said = ({ judgement }: Context): Finding | undefined => judgement?.findings[id];
  return {
    id,
    check: (context) => said(context) ?? notRun(unasked),
    demanded: (context) => said(context) !== undefined,
    unasked: { id, ...notRun(unasked) },
  };
}

/** The same for a check of an artifact among others: an attestation by itself has nothing of the kind. */
function among(...row: Parameters<typeof asked>): Step {
  const step = asked(...row);
  return { ...step, demanded: (context) => context.found.kind !== 'alone' && step.demanded(context) };
}

/** What all checks of one attestation found. */
export interface Outcome {
  readonly accepted: boolean;
  readonly checks: readonly Check[];
}

/**
 * Makes every check, whatever the earlier ones found. `recent` holds the last check of each step: most attestations of a
 * run say the same, and sharing that keeps the report of thousands small.
 */
export function runSteps(unjudged: Context, recent: Check[]): Outcome {
  const { policies } = unjudged.expected;
  const judgement = policies[0]?.ask(policies, unjudged);
  const context = judgement === undefined ? unjudged : { ...unjudged, judgement };
  let accepted = judgement?.rules.every((rule) => isAcceptable(rule, true)) ?? true;
  const checks: Check[] = [];
  for (const [index, step] of STEPS.entries()) {
    const demanded = step.demanded(context);
    if (!demanded && step.unasked !== undefined) {
      checks.push(step.unasked);
      continue;
    }
    const finding = step.check(context);
    accepted &&= isAcceptable(finding, demanded);
    const last = recent[index];
    const isLast = last !== undefined && isSame(last, finding);
    checks.push(isLast ? last : (recent[index] = toCheck(step.id, finding)));
  }
  if (judgement !== undefined) checks.push(...judgement.rules);
  return { accepted, checks };
}

function toCheck(id: CheckId, { status, expected, actual, pointer, hint }: Finding): Check {
  return { id, status, expected, actual, pointer, hint };
}

function isSame(a: Finding, b: Finding): boolean {
  return (
    a.status === b.status &&
    a.actual === b.actual &&
    a.expected === b.expected &&
    a.pointer === b.pointer &&
    a.hint === b.hint
  );
}

/** What was demanded must have been done; what was not must not have failed. */
function isAcceptable({ status }: Finding, demanded: boolean): boolean {
  return status === 'pass' || status === 'warn' || (status === 'not-run' && !demanded);
}
