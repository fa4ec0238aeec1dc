import type { Provenance } from 'in-toto-attestation';
import { fail, notRun, pass } from './finding.ts';
import { type Claim, type SourceClaims, placesOf, profileOf } from './profiles.ts';
import type { Finding } from './report.ts';
import type { Context } from './context.ts';

/** Is it the builder that was expected? */
export function builderId(context: Context): Finding {
  return onProvenance(context, context.expected.builderId, 'builder', (provenance) => ({
    value: provenance.runDetails.builder.id,
    pointer: placesOf(provenance).builderId,
  }));
}

/** Was it built in the expected way? */
export function buildType(context: Context): Finding {
  return onProvenance(context, context.expected.buildType, 'build type', (provenance) => ({
    value: provenance.buildDefinition.buildType,
    pointer: placesOf(provenance).buildType,
  }));
}

/** Was it built from the expected repository? */
export function sourceUri(context: Context): Finding {
  return onProvenance(context, context.expected.sourceUri, 'source', (provenance) =>
    sourceClaim(provenance, 'uri'),
  );
}

/** Was it built from the expected branch or tag? */
export function sourceRef(context: Context): Finding {
  return onProvenance(context, context.expected.sourceRef, 'source ref', (provenance) =>
    sourceClaim(provenance, 'ref'),
  );
}

/** Was it built from the expected commit? */
export function sourceCommit(context: Context): Finding {
  return onProvenance(context, context.expected.sourceCommit, 'source commit', (provenance) =>
    sourceClaim(provenance, 'commit'),
  );
}

function sourceClaim(provenance: Provenance, key: keyof SourceClaims): Claim | string {
  const claims = profileOf(provenance).source(provenance);
  return typeof claims === 'string' ? claims : (claims[key] ?? `the provenance names no source ${key}`);
}

/** Compares one claim exactly; a claim that cannot be read fails, because the caller asked for it. */
function onProvenance(
  { opened: { provenance, statement } }: Context,
  expected: string | undefined,
  what: string,
  read: (provenance: Provenance) => Claim | string,
): Finding {
  if (!provenance.reached) {
    if (!statement.reached || provenance.error !== undefined) return notRun(provenance.reason);
    return fail({ expected, actual: `a ${statement.value.predicateType} predicate has no ${what}` });
  }
  const claim = read(provenance.value);
  if (typeof claim === 'string') return fail({ expected, actual: claim });
  const result = { expected, actual: claim.value, pointer: claim.pointer };
  if (claim.value === expected) return pass(result);
  return fail({ ...result, hint: nearMiss(expected ?? '', claim.value) });
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
