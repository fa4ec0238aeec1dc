import { isJsonObject } from 'in-toto-attestation';
import { fail, notRun, pass } from '../../finding.ts';
import type { Build, Claim } from '../../profiles.ts';
import type { PolicyInput } from '../../policy.ts';
import type { Finding } from '../../report.ts';
import { CLOCK_SKEW_SECONDS } from '../../time-checks.ts';
import { type Matcher, textMatcher, uriMatcher } from './patterns.ts';
import type { PolicySpec } from './schema.ts';

type Check = (input: PolicyInput) => Finding;
type Given<T> = Exclude<T, undefined>;

/** One of the builders, at its level; the level is what the trust root vouches for. */
export function builderCheck(builders: Given<PolicySpec['builders']>): Check {
  const expected = builders
    .map(({ id, level }) => (level === undefined ? id : `${id} at SLSA Build L${level} or higher`))
    .join(' or ');
  return ({ build: { run }, level }) => {
    const { value, pointer } = run().builder;
    const entry = builders.find(({ id }) => id === value);
    if (entry === undefined) return fail({ expected, actual: value, pointer });
    if (entry.level === undefined) return pass({ expected, actual: value, pointer });
    const actual = `${value} at ${level === undefined ? 'no level' : `SLSA Build L${level}`}`;
    const result = { expected, actual, pointer };
    return level !== undefined && level >= entry.level ? pass(result) : fail(result);
  };
}

export function buildTypeCheck(buildTypes: readonly string[]): Check {
  const expected = buildTypes.join(' or ');
  return ({ build: { provenance, places } }) => {
    const actual = provenance.buildDefinition.buildType;
    const result = { expected, actual, pointer: places.buildType };
    return buildTypes.includes(actual) ? pass(result) : fail(result);
  };
}

/** Repository, ref and commit, each of those that the policy names. @throws {PatternError} */
export function sourceCheck(source: Given<PolicySpec['source']>): Check {
  const parts = [
    part('repository', source.uris, uriMatcher, ({ uri }) => uri),
    part('ref', refPatterns(source), textMatcher, ({ ref }) => ref),
    part('commit', source.commits, textMatcher, ({ commit }) => commit()),
  ].filter((each) => each !== undefined);
  return ({ build: { source: claims } }) => {
    if (typeof claims === 'string') return fail({ expected: parts[0]?.expected, actual: claims });
    const findings = parts.map((compare) => compare.check(claims));
    const [first] = findings;
    const failed = findings.find(({ status }) => status !== 'pass');
    if (failed !== undefined || first === undefined) return failed ?? notRun('nothing is demanded');
    return pass({
      expected: parts.map(({ expected }) => expected).join(', '),
      actual: findings.map(({ actual }) => actual ?? '').join(', '),
      pointer: first.pointer ?? undefined,
    });
  };
}

type Source = Exclude<Build['source'], string>;

interface Part {
  readonly expected: string;
  readonly check: (source: Source) => Finding;
}

function part(
  what: string,
  patterns: readonly string[] | undefined,
  toMatcher: (pattern: string) => Matcher,
  read: (source: Source) => Claim | undefined,
): Part | undefined {
  if (patterns === undefined) return undefined;
  const matchers = patterns.map(toMatcher);
  const expected = `${what} ${patterns.join(' or ')}`;
  const check = (source: Source): Finding => {
    const claim = read(source);
    if (claim === undefined) return fail({ expected, actual: `the provenance names no ${what}` });
    const { value, pointer } = claim;
    const result = { expected, actual: `${what} ${value}`, pointer };
    return matchers.some((match) => match(value)) ? pass(result) : fail(result);
  };
  return { expected, check };
}

function refPatterns({
  refs = [],
  branches = [],
  tags = [],
}: Given<PolicySpec['source']>): string[] | undefined {
  const all = [
    ...refs,
    ...branches.map((branch) => `refs/heads/${branch}`),
    ...tags.map((tag) => `refs/tags/${tag}`),
  ];
  return all.length === 0 ? undefined : all;
}

/** Where builds of the known types say what started them, and who. */
export const TRIGGER_PARAMETER = '/trigger';

export function triggerCheck(triggers: readonly string[]): Check {
  const expected = triggers.join(' or ');
  return ({ build }) => {
    const claim = triggerOf(build);
    if (claim === undefined)
      return fail({ expected, actual: 'the provenance does not say what started the build' });
    const result = { expected, actual: claim.value, pointer: claim.pointer };
    return triggers.includes(claim.value) ? pass(result) : fail(result);
  };
}

/** What started the build. A tenant cannot write it where the control plane does. */
export function triggerOf({ provenance, places, profile, run }: Build): Claim | undefined {
  const told = run().trigger;
  if (told !== undefined) return told;
  const { trigger } = provenance.buildDefinition.externalParameters;
  if (!profile.own.includes('trigger') || typeof trigger !== 'string') return undefined;
  return {
    value: trigger,
    pointer: places.externalParameters + TRIGGER_PARAMETER,
    parameter: TRIGGER_PARAMETER,
  };
}

/** @throws {PatternError} */
export function actorCheck(actors: readonly string[]): Check {
  const matchers = actors.map(textMatcher);
  const expected = actors.join(' or ');
  return ({ build }) => {
    const claim = actorOf(build);
    if (claim === undefined)
      return fail({ expected, actual: 'the provenance does not say who started the build' });
    const result = { expected, actual: claim.value, pointer: claim.pointer };
    return matchers.some((match) => match(claim.value)) ? pass(result) : fail(result);
  };
}

/** Ours, GitHub's attestations, the SLSA generators: internal parameters, which the control plane writes. */
const ACTORS = [['actor'], ['github', 'actor'], ['github_actor'], ['GITHUB_ACTOR']] as const;

/** Who started the build. */
export function actorOf({ provenance, places, profile }: Build): Claim | undefined {
  if (profile.own.length === 0) return undefined; // of a build type that is not known, nobody knows who wrote it
  const { internalParameters = {} } = provenance.buildDefinition;
  for (const [first, second] of ACTORS) {
    const value = Object.hasOwn(internalParameters, first) ? internalParameters[first] : undefined;
    if (second === undefined && typeof value === 'string')
      return { value, pointer: `${places.internalParameters}/${first}` };
    if (second === undefined || value === undefined || !isJsonObject(value)) continue;
    const inner = Object.hasOwn(value, second) ? value[second] : undefined;
    if (typeof inner === 'string')
      return { value: inner, pointer: `${places.internalParameters}/${first}/${second}` };
  }
  return undefined;
}

/** The time is the builder's claim, as in `time.age`. */
export function ageCheck(maxAge: string): Check {
  const seconds = readDuration(maxAge);
  const expected = `finished at most ${maxAge} ago`;
  return ({ build: { provenance, places }, now }) => {
    const pointer = places.finishedOn;
    const finishedOn = provenance.runDetails.metadata?.finishedOn;
    if (finishedOn === undefined)
      return fail({ expected, actual: 'the provenance does not say when the build finished', pointer });
    const result = { expected, actual: `finished on ${finishedOn}`, pointer };
    return isRecent(finishedOn, seconds, now) ? pass(result) : fail(result);
  };
}

/** Whether a time is at most so many seconds ago, and not in the future. */
export function isRecent(time: string, seconds: number, now: Date): boolean {
  const age = (now.getTime() - Date.parse(time)) / 1000;
  return age >= -CLOCK_SKEW_SECONDS && age <= seconds;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of `30d`, as the schema lets it through. */
export function readDuration(text: string): number {
  return Number(text.slice(0, -1)) * (SECONDS[text.slice(-1)] ?? Number.NaN);
}
