import type { JsonValue } from 'in-toto-attestation';
import type { PublicKey } from '@danube/keys';
import { encodeHex } from 'in-toto-attestation';
import { ExpectationError } from './errors.ts';

/**
 * What the caller demands. Everything is compared exactly, and nothing is taken from the evidence. What is left out is
 * not demanded; a member that is present and empty, `undefined` or unknown is the caller's mistake, never "anything".
 */
export interface Expectations {
  /** The only keys that can sign; at least one. The same key twice counts once. */
  readonly publicKeys: readonly PublicKey[];
  /** How many different keys must have signed; 1 when left out. */
  readonly threshold?: number;
  /** `runDetails.builder.id`. */
  readonly builderId?: string;
  /** `buildDefinition.buildType`. */
  readonly buildType?: string;
  /** The source repository as the provenance spells it, without the ref (docs: "Where the source is read"). */
  readonly sourceUri?: string;
  /** The full ref: `refs/heads/main`. */
  readonly sourceRef?: string;
  /** The same as `sourceRef: 'refs/heads/' + sourceBranch`. */
  readonly sourceBranch?: string;
  /** The same as `sourceRef: 'refs/tags/' + sourceTag`. */
  readonly sourceTag?: string;
  /** The full commit id in lower-case hex, 40 or 64 digits. */
  readonly sourceCommit?: string;
  /** External parameters by name (docs: "Names of parameters") and the value that each must have. */
  readonly parameters?: Readonly<Record<string, JsonValue>>;
  /** Names of external parameters that may have any value. */
  readonly allowParameters?: readonly string[];
  /** The statement's `predicateType`; SLSA provenance v1 or v0.2 when left out. */
  readonly predicateType?: string;
  /** The longest time since `finishedOn`, in seconds. */
  readonly maxAgeSeconds?: number;
  /** An external parameter that no expectation names fails instead of warning. */
  readonly strict?: boolean;
  /** A file of a directory that no attestation names fails. */
  readonly noExtra?: boolean;
  /** A subject of accepted provenance that is not among the artifacts fails. */
  readonly noMissing?: boolean;
}

/** Expectations that were read: keys are distinct, the ref is one. */
export interface Expected extends Omit<
  Expectations,
  'publicKeys' | 'threshold' | 'sourceRef' | 'sourceBranch' | 'sourceTag' | 'parameters' | 'allowParameters'
> {
  readonly keys: readonly PublicKey[];
  readonly threshold: number;
  readonly sourceRef?: string;
  readonly parameters: ReadonlyMap<string, JsonValue>;
  readonly allowParameters: readonly string[];
}

type Rule = (field: string, value: unknown) => void;

const RULES: Readonly<Record<keyof Expectations, Rule>> = {
  publicKeys: keyList,
  threshold: () => undefined, // judged against the number of distinct keys
  builderId: text,
  buildType: text,
  sourceUri: text,
  sourceRef: text,
  sourceBranch: text,
  sourceTag: text,
  sourceCommit: commit,
  parameters: record,
  allowParameters: names,
  predicateType: text,
  maxAgeSeconds: seconds,
  strict: flag,
  noExtra: flag,
  noMissing: flag,
};

/**
 * Reads what the caller demands.
 *
 * @throws {ExpectationError} (a `TypeError`) for anything that cannot mean what it says: no keys, a threshold below 1 or
 * above the number of distinct keys, an unknown or empty member, a branch and a tag at once.
 */
export function readExpectations(expectations: Expectations): Expected {
  const known = new Map<string, Rule>(Object.entries(RULES));
  for (const [field, value] of Object.entries(expectations)) {
    const rule = known.get(field);
    if (rule === undefined) throw new ExpectationError(field, 'no such expectation');
    rule(field, value);
  }
  const { publicKeys, threshold, sourceRef, sourceBranch, sourceTag, parameters, allowParameters, ...rest } =
    expectations;
  keyList('publicKeys', publicKeys);
  const keys = distinctKeys(publicKeys);
  const ref = oneRef({ sourceRef, sourceBranch, sourceTag });
  return {
    ...rest,
    keys,
    threshold: readThreshold(threshold, keys.length),
    ...(ref === undefined ? {} : { sourceRef: ref }),
    parameters: new Map(Object.entries(parameters ?? {})),
    allowParameters: allowParameters ?? [],
  };
}

/** Two keys are one when their SubjectPublicKeyInfo is, whatever they are called (DSSE v1.0.2, protocol.md). */
function distinctKeys(keys: readonly PublicKey[]): PublicKey[] {
  return [...new Map(keys.map((key) => [encodeHex(key.spki), key])).values()];
}

function readThreshold(threshold: number | undefined, keys: number): number {
  const count = threshold ?? 1;
  if (!Number.isInteger(count) || count < 1) {
    throw new ExpectationError('threshold', 'must be a whole number of at least 1');
  }
  if (count > keys) {
    throw new ExpectationError('threshold', `${count} is more than the ${keys} distinct public key(s) given`);
  }
  return count;
}

interface Refs {
  readonly sourceRef: string | undefined;
  readonly sourceBranch: string | undefined;
  readonly sourceTag: string | undefined;
}

function oneRef({ sourceRef, sourceBranch, sourceTag }: Refs): string | undefined {
  const refs = new Set<string>();
  if (sourceRef !== undefined) refs.add(sourceRef);
  if (sourceBranch !== undefined) refs.add(`refs/heads/${sourceBranch}`);
  if (sourceTag !== undefined) refs.add(`refs/tags/${sourceTag}`);
  if (refs.size > 1)
    throw new ExpectationError('sourceRef', `one build has one ref, not ${[...refs].join(' and ')}`);
  return [...refs][0];
}

function keyList(field: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ExpectationError(
      field,
      'must be a list of at least one key: without a key nothing can be trusted',
    );
  }
  for (const key of value) {
    if (typeof key !== 'object' || key === null || !('spki' in key) || !(key.spki instanceof Uint8Array)) {
      throw new ExpectationError(field, 'must hold keys as parsePublicKey of @danube/keys returns them');
    }
  }
}

function text(field: string, value: unknown): void {
  if (typeof value !== 'string' || value === '')
    throw new ExpectationError(field, 'must be a text that is not empty');
}

function commit(field: string, value: unknown): void {
  if (typeof value !== 'string' || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value)) {
    throw new ExpectationError(field, 'must be a full commit id: 40 or 64 lower-case hex digits');
  }
}

function record(field: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ExpectationError(field, 'must be an object of names and values');
  }
  for (const [name, member] of Object.entries(value)) {
    if (name === '' || member === undefined)
      throw new ExpectationError(field, `"${name}" needs a name and a value`);
  }
}

function names(field: string, value: unknown): void {
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string' || name === '')) {
    throw new ExpectationError(field, 'must be a list of names');
  }
}

function seconds(field: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new ExpectationError(field, 'must be a number of seconds, 0 or more');
  }
}

function flag(field: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new ExpectationError(field, 'must be true or false');
}
