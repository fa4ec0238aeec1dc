import { fail, notRun, pass } from './finding.ts';
import type { Build, Claim, SourceClaims } from './profiles.ts';
import type { Finding } from './report.ts';
import type { Context } from './context.ts';

/** Is it the builder that was expected? */
export function builderId(context: Context): Finding {
  return compareClaim(context, context.expected.builderId, 'builder', ({ provenance, places }) => ({
    value: provenance.runDetails.builder.id,
    pointer: places.builderId,
  }));
}

/** Was it built in the expected way? */
export function buildType(context: Context): Finding {
  return compareClaim(context, context.expected.buildType, 'build type', ({ provenance, places }) => ({
    value: provenance.buildDefinition.buildType,
    pointer: places.buildType,
  }));
}

/** Was it built from the expected repository? */
export function sourceUri(context: Context): Finding {
  return compareSource(context, context.expected.sourceUri, 'source', ({ uri }) => uri);
}

/** Was it built from the expected branch or tag? */
export function sourceRef(context: Context): Finding {
  return compareSource(context, context.expected.sourceRef, 'source ref', ({ ref }) => ref);
}

/** Was it built from the expected commit? */
export function sourceCommit(context: Context): Finding {
  return compareSource(context, context.expected.sourceCommit, 'source commit', ({ commit }) => commit());
}

function compareSource(
  context: Context,
  expected: string | undefined,
  what: string,
  read: (source: SourceClaims) => Claim | undefined,
): Finding {
  return compareClaim(context, expected, what, ({ source }) =>
    typeof source === 'string' ? source : (read(source) ?? `the provenance names no ${what}`),
  );
}

/** Compares one claim exactly; a claim that cannot be read fails, because the caller asked for it. */
function compareClaim(
  { opened: { build, statement } }: Context,
  expected: string | undefined,
  what: string,
  read: (build: Build) => Claim | string,
): Finding {
  if (!build.reached) {
    if (!statement.reached || build.error !== undefined) return notRun(build.reason);
    return fail({ expected, actual: `a ${statement.value.predicateType} predicate has no ${what}` });
  }
  const claim = read(build.value);
  if (typeof claim === 'string') return fail({ expected, actual: claim });
  const { value, pointer } = claim;
  if (value === expected) return pass({ expected, actual: value, pointer });
  return fail({ expected, actual: value, pointer, hint: nearMiss(expected ?? '', value) });
}

/** Spellings that people mix up. Equal apart from that: then the hint gives the exact value. */
const SPELLINGS: readonly ((text: string) => string)[] = [
  (text) => text.replace(/^git\+/, ''),
  (text) => text.replace(/\/+$/, ''),
  (text) => text.replace(/\.git$/, ''),
  (text) => text.replace(/^refs\/(?:heads|tags)\//, ''),
  (text) => text.toLowerCase(),
];

const loosely = (text: string): string => SPELLINGS.reduce((spelling, apply) => apply(spelling), text);

function nearMiss(expected: string, actual: string): string | undefined {
  if (loosely(expected) !== loosely(actual)) return undefined;
  return `Values are compared exactly. If this is the one you mean, expect ${actual}`;
}
