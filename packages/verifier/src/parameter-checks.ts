import type { JsonValue, Provenance } from 'in-toto-attestation';
import { isJsonArray, isJsonObject, joinPointer } from 'in-toto-attestation';
import type { Expected } from './expectations.ts';
import { fail, notRun, pass, warn } from './finding.ts';
import { type Profile, externalParameter, parameterPointer, profileOf } from './profiles.ts';
import type { Finding } from './report.ts';
import type { Context } from './context.ts';

/** How many parameters a finding lists. */
const LISTED = 10;

/** Whether the caller constrains external parameters, apart from allowing some. */
export function parametersDemanded({ parameters, strict = false }: Expected): boolean {
  return parameters.size > 0 || strict;
}

/** Have the external parameters the expected values, and are there others that nobody expected? */
export function parameters({ opened: { provenance, statement }, expected }: Context): Finding {
  if (!provenance.reached) {
    if (!statement.reached || provenance.error !== undefined || !parametersDemanded(expected)) {
      return notRun(provenance.reason);
    }
    return fail({ actual: `a ${statement.value.predicateType} predicate has no external parameters` });
  }
  return wrongParameter(provenance.value, expected) ?? unnamedParameters(provenance.value, expected);
}

/** The first expected parameter that is absent or has another value. */
function wrongParameter(provenance: Provenance, { parameters }: Expected): Finding | undefined {
  const profile = profileOf(provenance);
  for (const [name, expected] of parameters) {
    const at = pointerOf(name, profile);
    const actual = externalParameter(provenance, at);
    if (actual !== undefined && isEqual(actual, expected)) continue;
    return fail({
      expected: `${name}=${describe(expected)}`,
      actual: actual === undefined ? `${name} is absent` : `${name}=${describe(actual)}`,
      pointer: parameterPointer(provenance, at),
      hint: typeof expected === 'string' && typeof actual !== 'string' ? typeHint(actual) : undefined,
    });
  }
  return undefined;
}

function typeHint(actual: JsonValue | undefined): string | undefined {
  return actual === undefined ? undefined : `The value is not a text but JSON: ${JSON.stringify(actual)}`;
}

/** The external parameters that no expectation names. */
function unnamedParameters(provenance: Provenance, expected: Expected): Finding {
  const named = namedPointers(provenance, expected);
  const unnamed = leaves(provenance.buildDefinition.externalParameters, '').filter(
    (leaf) => !named.some((pointer) => leaf === pointer || leaf.startsWith(`${pointer}/`)),
  );
  const [first] = unnamed;
  if (first === undefined) return pass({ actual: 'every external parameter is named' });
  const listed = unnamed.slice(0, LISTED).join(', ');
  const more = unnamed.length > LISTED ? `, and ${unnamed.length - LISTED} more` : '';
  const report = expected.strict === true ? fail : warn;
  return report({
    expected: 'every external parameter named',
    actual: `not named: ${listed}${more}`,
    pointer: parameterPointer(provenance, first),
    hint: 'Expect a value for each of these parameters, or allow them by name.',
  });
}

/** Pointers below externalParameters that expectations name: parameters, allowed ones, and the source when asked for. */
function namedPointers(provenance: Provenance, expected: Expected): string[] {
  const profile = profileOf(provenance);
  const names = [...expected.parameters.keys(), ...expected.allowParameters];
  return [...names.map((name) => pointerOf(name, profile)), ...sourcePointers(provenance, profile, expected)];
}

/** A parameter that holds the source's URI, its ref or both is named when all that it holds is asked for. */
function sourcePointers(
  provenance: Provenance,
  profile: Profile,
  { sourceUri, sourceRef }: Expected,
): string[] {
  const claims = profile.source(provenance);
  if (typeof claims === 'string') return [];
  const asked = new Map<string, boolean>();
  for (const [claim, expectation] of [
    [claims.uri, sourceUri],
    [claims.ref, sourceRef],
  ] as const) {
    if (claim?.parameter === undefined) continue;
    asked.set(claim.parameter, (asked.get(claim.parameter) ?? true) && expectation !== undefined);
  }
  return [...asked].flatMap(([pointer, all]) => (all ? [pointer] : []));
}

/** A name is one of the tenant's parameters; with a leading `/` it is a JSON pointer below externalParameters. */
function pointerOf(name: string, { parameters }: Profile): string {
  return name.startsWith('/') ? name : joinPointer(parameters, name);
}

/** Pointers to all that is set: whatever is not an object, at any depth. Null and empty are unset (SLSA parsing rules). */
function leaves(value: JsonValue, pointer: string): string[] {
  if (value === null) return [];
  if (isJsonArray(value)) return value.length === 0 ? [] : [pointer];
  if (!isJsonObject(value)) return [pointer];
  return Object.entries(value).flatMap(([key, member]) => leaves(member, joinPointer(pointer, key)));
}

function describe(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Equal as JSON: type and value, members in any order. */
function isEqual(a: JsonValue, b: JsonValue): boolean {
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
