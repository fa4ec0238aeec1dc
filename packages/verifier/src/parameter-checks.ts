import type { JsonObject, JsonValue } from 'in-toto-attestation';
import { isJsonArray, isJsonObject, joinPointer } from 'in-toto-attestation';
import type { Expected } from './expectations.ts';
import { fail, notRun, pass, warn } from './finding.ts';
import {
  type Build,
  type Profile,
  type SourceClaims,
  externalParameter,
  parameterPointer,
} from './profiles.ts';
import type { Finding } from './report.ts';
import type { Context } from './context.ts';

/** How many parameters a finding lists. */
const LISTED = 10;

/** Whether the caller constrains external parameters, apart from allowing some. */
export function parametersDemanded({ parameters, strict }: Expected): boolean {
  return parameters.size > 0 || strict;
}

/** Have the external parameters the expected values, and are there others that nobody expected? */
export function parameters({ opened: { build, statement }, expected }: Context): Finding {
  if (build.reached) return wrongParameter(build.value, expected) ?? unnamedParameters(build.value, expected);
  if (!statement.reached || build.error !== undefined || !parametersDemanded(expected)) {
    return notRun(build.reason);
  }
  return fail({ actual: `a ${statement.value.predicateType} predicate has no external parameters` });
}

/** The first expected parameter that is absent or has another value. */
function wrongParameter({ provenance, profile }: Build, { parameters }: Expected): Finding | undefined {
  for (const [name, expected] of parameters) {
    const at = pointerOf(name, profile);
    const actual = externalParameter(provenance, at);
    if (actual !== undefined && isEqual(actual, expected)) continue;
    return fail({
      expected: `${name}=${describeValue(expected)}`,
      actual: actual === undefined ? `${name} is absent` : `${name}=${describeValue(actual)}`,
      pointer: parameterPointer(provenance, at),
      hint: actual === undefined ? undefined : typeHint(expected, actual),
    });
  }
  return undefined;
}

function typeHint(expected: JsonValue, actual: JsonValue): string | undefined {
  if (describeValue(expected) !== describeValue(actual)) return undefined;
  return `Values are compared as JSON: this is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}.`;
}

/** The external parameters that no expectation names. */
function unnamedParameters(build: Build, expected: Expected): Finding {
  const unnamed: string[] = [];
  collectUnnamed(
    build.provenance.buildDefinition.externalParameters,
    '',
    namedPointers(build, expected),
    unnamed,
  );
  const [first] = unnamed;
  if (first === undefined) return pass({ actual: 'every external parameter is named' });
  const listed = unnamed.slice(0, LISTED).join(', ');
  const more = unnamed.length > LISTED ? `, and ${unnamed.length - LISTED} more` : '';
  const report = expected.strict ? fail : warn;
  return report({
    expected: 'every external parameter named',
    actual: `not named: ${listed}${more}`,
    pointer: parameterPointer(build.provenance, first),
    hint: 'Expect a value for each of these parameters, or allow them by name.',
  });
}

/**
 * Pointers to all that is set and not named: whatever is not an object, at any depth. A name stands for all below it.
 * Null and empty are unset (SLSA 1.2, build-provenance.md, parsing rules).
 */
export function collectUnnamed(
  object: JsonObject,
  pointer: string,
  named: readonly string[],
  unnamed: string[],
): void {
  for (const key of Object.keys(object)) {
    const value = object[key] ?? null;
    const at = joinPointer(pointer, key);
    if (value === null || named.includes(at)) continue;
    if (isJsonObject(value)) collectUnnamed(value, at, named, unnamed);
    else if (!isJsonArray(value) || value.length > 0) unnamed.push(at);
  }
}

/** Pointers below externalParameters that expectations name: parameters, allowed ones, and the source when asked for. */
function namedPointers({ profile, source }: Build, expected: Expected): string[] {
  const named = typeof source === 'string' ? [] : sourcePointers(source, expected);
  for (const name of expected.parameters.keys()) named.push(pointerOf(name, profile));
  for (const name of expected.allowParameters) named.push(pointerOf(name, profile));
  return named;
}

/** A parameter that holds the source's URI, its ref or both is named when all that it holds is asked for. */
function sourcePointers({ uri, ref }: SourceClaims, { sourceUri, sourceRef }: Expected): string[] {
  const isUnasked = (pointer: string): boolean =>
    (sourceUri === undefined && uri?.parameter === pointer) ||
    (sourceRef === undefined && ref?.parameter === pointer);
  const named: string[] = [];
  for (const parameter of [uri?.parameter, ref?.parameter])
    if (parameter !== undefined && !isUnasked(parameter)) named.push(parameter);
  return named;
}

/**
 * Which external parameter a name means is decided by the name alone, so that no value in the evidence can take the
 * place of another: the build type's own parameters first, else one of the tenant's; with a leading `/` the name is a
 * JSON pointer below externalParameters.
 */
export function pointerOf(name: string, { own, parameters }: Profile): string {
  if (name.startsWith('/')) return name;
  return joinPointer(own.includes(name) ? '' : parameters, name);
}

export function describeValue(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Equal as JSON: type and value, members in any order. */
export function isEqual(a: JsonValue, b: JsonValue): boolean {
  if (isJsonArray(a))
    return isJsonArray(b) && a.length === b.length && a.every((item, i) => isEqual(item, b[i] ?? null));
  if (!isJsonObject(a)) return a === b;
  if (!isJsonObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key] ?? null, b[key] ?? null))
  );
}
