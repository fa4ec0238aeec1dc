import {
  MalformedError,
  parseVerificationSummary,
  type VerificationSummary,
  VSA_V1,
} from 'in-toto-attestation';
import type { Context } from './context.ts';
import { catchMalformed } from './evidence.ts';
import type { WantedSummary } from './expectations.ts';
import { fail, malformed, notRun, pass } from './finding.ts';
import type { Finding } from './report.ts';
import { CLOCK_SKEW_SECONDS } from './time-checks.ts';
import { countVerifierKeys } from './trust-checks.ts';
import { findVerifier } from './trust-root.ts';

/*
 * SLSA 1.2, verification_summary.md, how to verify. Steps 1 to 3 (signature, subject, predicate type) are those of every
 * attestation; here are 4 to 7.
 */

/** The summary that was signed; or why there is none to look at. */
function readSummary({ opened: { statement } }: Context): VerificationSummary | MalformedError | string {
  if (!statement.reached) return statement.reason;
  const { predicateType, predicate } = statement.value;
  if (predicateType !== VSA_V1) return 'the predicate is not a verification summary';
  return catchMalformed(() => parseVerificationSummary(predicate));
}

type Compare = (summary: VerificationSummary, wanted: WantedSummary, context: Context) => Finding;

/** Makes a check of the summary; where there is none that can be read, the first check says why. */
function summaryCheck(compare: Compare): (context: Context) => Finding {
  return (context) => {
    const { summary: wanted } = context.expected;
    const found = readSummary(context);
    if (wanted === undefined) return notRun('no verification summary is expected');
    if (typeof found === 'string') return notRun(found);
    if (found instanceof MalformedError) return notRun('the summary could not be read');
    return compare(found, wanted, context);
  };
}

/** Step 4: is it by this verifier, and did its keys sign it? */
export function vsaVerifier(context: Context): Finding {
  const found = readSummary(context);
  if (found instanceof MalformedError) return malformed('a verification summary', found);
  return summaryCheck(compareVerifier)(context);
}

const compareVerifier: Compare = ({ verifier: { id } }, { verifierId }, context) => {
  const pointer = '/predicate/verifier/id';
  const { root } = context.expected.trustRoot ?? {};
  if (id !== verifierId || context.expected.trustRoot === undefined) {
    const result = { expected: verifierId, actual: id, pointer };
    return id === verifierId ? pass(result) : fail(result);
  }
  const trusted = root === undefined ? undefined : findVerifier(root, id);
  const expected = `${verifierId}, signed by its keys of the trust root`;
  if (trusted === undefined)
    return fail({ expected, actual: `the trust root has no verifier ${id}`, pointer });
  const count = countVerifierKeys(context, trusted);
  const result = { expected, actual: `${count} of the ${trusted.threshold} key(s) that it needs`, pointer };
  return count >= trusted.threshold ? pass(result) : fail(result);
};

/** Step 5: is it about what the caller fetched? */
export const vsaResource: (context: Context) => Finding = summaryCheck(({ resourceUri: actual }, wanted) => {
  const result = { expected: wanted.resourceUri, actual, pointer: '/predicate/resourceUri' };
  return actual === wanted.resourceUri ? pass(result) : fail(result);
});

/** Step 6: did the verification succeed? */
export const vsaResult: (context: Context) => Finding = summaryCheck(({ verificationResult: actual }) => {
  const result = { expected: 'PASSED', actual, pointer: '/predicate/verificationResult' };
  return actual === 'PASSED' ? pass(result) : fail(result);
});

/** Step 7: does it hold the level that was asked for, or a higher one of the same track? */
export const vsaLevels: (context: Context) => Finding = summaryCheck(
  ({ verifiedLevels }, { track = 'BUILD' }, { expected }) => {
    const { buildLevel = 1 } = expected;
    const result = {
      expected: `SLSA_${track}_LEVEL_${buildLevel} or higher`,
      actual: verifiedLevels.length === 0 ? 'no level' : verifiedLevels.join(', '),
      pointer: '/predicate/verifiedLevels',
    };
    return (levelIn(verifiedLevels, track) ?? 0) >= buildLevel ? pass(result) : fail(result);
  },
);

function levelIn(levels: readonly string[], track: string): number | undefined {
  const found = levels.flatMap((level) => {
    const [, name, number] = /^SLSA_([A-Z]+)_LEVEL_([0-9])$/.exec(level) ?? [];
    return name === track && number !== undefined ? [number] : [];
  });
  return found[0] === undefined ? undefined : Number(found[0]);
}

/** Was it verified recently enough, and not in the future? */
export const vsaTime: (context: Context) => Finding = summaryCheck(({ timeVerified }, _, context) => {
  const {
    expected: { maxAgeSeconds },
    now,
  } = context;
  const pointer = '/predicate/timeVerified';
  const age = timeVerified === undefined ? undefined : (now.getTime() - Date.parse(timeVerified)) / 1000;
  const expected =
    maxAgeSeconds === undefined ? 'a time that has come' : `verified at most ${maxAgeSeconds} seconds ago`;
  if (age === undefined) {
    const result = { expected, actual: 'the summary does not say when it was verified', pointer };
    return maxAgeSeconds === undefined ? pass(result) : fail(result);
  }
  const result = { expected, actual: `verified on ${timeVerified}, ${age} seconds ago`, pointer };
  return age >= -CLOCK_SKEW_SECONDS && age <= (maxAgeSeconds ?? age) ? pass(result) : fail(result);
});

/** The Build level that a summary reports, once it is accepted. */
export function summaryLevel(context: Context): number | undefined {
  const found = readSummary(context);
  return typeof found === 'string' || found instanceof MalformedError
    ? undefined
    : levelIn(found.verifiedLevels, 'BUILD');
}
