import type { JsonValue } from 'in-toto-attestation';
import type { PublicKey } from '@danube/keys';
import { encodeHex, VSA_V1 } from 'in-toto-attestation';
import { ExpectationError } from './errors.ts';
import type { Follow } from './follow.ts';
import { npmPackageProblem, type NpmPackage } from './npm-package.ts';
import { patternProblem } from './identity-pattern.ts';
import type { Lock, Policy } from './policy.ts';
import { findContradiction } from './trust-contradictions.ts';
import type { OpenedTrustRoot } from './trust-root.ts';

/**
 * What the caller demands. Everything is compared exactly, and nothing is taken from the evidence. What is left out is
 * not demanded; a member that is present and empty, `undefined` or unknown is the caller's mistake, never "anything".
 */
export interface Expectations {
  /**
   * The only keys that can sign; at least one, unless a certificate is expected or a trust root is given. The same key
   * twice counts once.
   */
  readonly publicKeys: readonly PublicKey[];
  /**
   * The identity of a certificate that can sign as well, once something else proved it (`Verification.certificates`);
   * exact, or a pattern (docs/interop-sigstore.md, "Patterns"). Needs `certificateIssuer`.
   */
  readonly certificateIdentity?: string;
  /** Who vouched for that identity; exact or a pattern. Needs `certificateIdentity`. */
  readonly certificateIssuer?: string;
  /**
   * Who may say what, for how long, instead of `publicKeys`, `threshold` and a certificate: its keys, as many of them as
   * the builder needs, in their time, and for this builder.
   */
  readonly trustRoot?: OpenedTrustRoot;
  /** The lowest SLSA Build level that will do, 1 to 3, as the trust root knows it. Needs `trustRoot`. */
  readonly buildLevel?: number;
  /**
   * A verification summary (VSA) in place of provenance: somebody else verified. Needs `buildLevel`, which it must
   * report, and signers: the trust root's keys of that verifier, or `publicKeys` that are its own. `maxAgeSeconds` counts
   * from its `timeVerified`; what a summary does not say cannot be expected with it.
   */
  readonly summary?: ExpectedSummary;
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
  /** Every one that is about an artifact must be satisfied by its provenance, and at least one must be about it. */
  readonly policies?: readonly Policy[];
  /** What was accepted before; nothing may be weaker or older. */
  readonly lock?: Lock;
  /** The dependencies that the provenance names are verified as well. */
  readonly follow?: Follow;
  /**
   * The npm package that the artifact is: its provenance and its registry's publish attestation must both be there, once,
   * and agree. Needs `Verification.publications`.
   */
  readonly npmPackage?: NpmPackage;
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

/** The verification summary that will do (SLSA 1.2, verification_summary.md). Both are compared exactly. */
export interface ExpectedSummary {
  /** `verifier.id`. */
  readonly verifierId: string;
  /** What is verified, by the URI that it was fetched from. */
  readonly resourceUri: string;
}

/** The same, and of which track the levels count; of the Build track, when nothing is said. */
export interface WantedSummary extends ExpectedSummary {
  readonly track?: 'BUILD' | 'SOURCE';
}

/** Expectations that were read: keys are distinct, the ref is one, and what is `undefined` is not demanded. */
export interface Expected {
  readonly keys: readonly PublicKey[];
  /** Whose certificates can sign as well: the caller's one, or those of all builders of the trust root. */
  readonly certificates: readonly ExpectedCertificate[];
  readonly trustRoot: OpenedTrustRoot | undefined;
  readonly buildLevel: number | undefined;
  readonly summary: WantedSummary | undefined;
  readonly threshold: number;
  readonly builderId: string | undefined;
  readonly buildType: string | undefined;
  readonly sourceUri: string | undefined;
  readonly sourceRef: string | undefined;
  readonly sourceCommit: string | undefined;
  readonly parameters: ReadonlyMap<string, JsonValue>;
  readonly allowParameters: readonly string[];
  readonly policies: readonly Policy[];
  readonly lock: Lock | undefined;
  readonly follow: Follow | undefined;
  readonly npmPackage: NpmPackage | undefined;
  readonly predicateType: string | undefined;
  readonly maxAgeSeconds: number | undefined;
  readonly strict: boolean;
  readonly noExtra: boolean;
  readonly noMissing: boolean;
}

export interface ExpectedCertificate {
  readonly identity: string;
  readonly issuer: string;
  /** The name of the trust root's Sigstore instance that must prove it. */
  readonly sigstore?: string;
}

type Rule = (field: string, value: unknown) => void;

/** What each expectation must look like; the list of all there are. */
export const RULES_BY_FIELD: Readonly<Record<keyof Expectations, Rule>> = {
  publicKeys: keyList,
  certificateIdentity: pattern,
  certificateIssuer: pattern,
  trustRoot: openedRoot,
  buildLevel: level,
  summary: summaryRule,
  threshold: count,
  builderId: text,
  buildType: text,
  sourceUri: text,
  sourceRef: text,
  sourceBranch: text,
  sourceTag: text,
  sourceCommit: commit,
  parameters: record,
  allowParameters: names,
  policies: policyList,
  lock,
  follow: followRule,
  npmPackage: packageOf,
  predicateType: text,
  maxAgeSeconds: seconds,
  strict: flag,
  noExtra: flag,
  noMissing: flag,
};

const RULES: ReadonlyMap<string, Rule> = new Map(Object.entries(RULES_BY_FIELD));

/**
 * Reads what the caller demands.
 *
 * @throws {ExpectationError} (a `TypeError`) for anything that cannot mean what it says: no keys, a threshold below 1 or
 * above the number of distinct keys, an unknown or empty member, a branch and a tag at once.
 */
export function readExpectations(expectations: Expectations): Expected {
  checkMembers(expectations);
  const { trustRoot, buildLevel, summary } = expectations;
  if (summary !== undefined) checkSummary(expectations);
  const certificate = readCertificate(expectations);
  const certificates = trustRoot === undefined ? [certificate ?? []].flat() : rootCertificates(trustRoot);
  if (trustRoot !== undefined) checkAlone(expectations);
  else if (buildLevel !== undefined && summary === undefined)
    throw new ExpectationError('buildLevel', 'needs trustRoot');
  const keys = trustRoot === undefined ? distinctKeys(expectations.publicKeys) : rootKeys(trustRoot);
  if (keys.length === 0 && certificate === undefined && trustRoot === undefined)
    throw new ExpectationError('publicKeys', NO_KEY);
  const { threshold = 1, parameters } = expectations;
  const signers = keys.length + (certificate === undefined ? 0 : 1);
  if (threshold > signers && trustRoot === undefined) {
    throw new ExpectationError('threshold', `${threshold} is more than the ${signers} distinct key(s) given`);
  }
  return {
    keys,
    certificates,
    trustRoot,
    buildLevel,
    summary,
    threshold,
    builderId: expectations.builderId,
    buildType: expectations.buildType,
    sourceUri: expectations.sourceUri,
    sourceRef: oneRef(expectations),
    sourceCommit: expectations.sourceCommit,
    parameters: new Map(parameters === undefined ? [] : Object.entries(parameters)),
    allowParameters: [...(expectations.allowParameters ?? [])],
    policies: [...(expectations.policies ?? [])],
    lock: expectations.lock,
    follow: expectations.follow,
    npmPackage: expectations.npmPackage,
    predicateType: summary === undefined ? expectations.predicateType : VSA_V1,
    maxAgeSeconds: expectations.maxAgeSeconds,
    strict: expectations.strict ?? false,
    noExtra: expectations.noExtra ?? false,
    noMissing: expectations.noMissing ?? false,
  };
}

/** What a summary does not say, nobody can find in it. */
const NOT_IN_SUMMARY = [
  ...([
    'builderId',
    'buildType',
    'sourceUri',
    'sourceRef',
    'sourceBranch',
    'sourceTag',
    'sourceCommit',
  ] as const),
  ...([
    'parameters',
    'allowParameters',
    'strict',
    'policies',
    'lock',
    'follow',
    'npmPackage',
    'predicateType',
  ] as const),
] as const;

function checkSummary(expectations: Expectations): void {
  if (expectations.buildLevel === undefined)
    throw new ExpectationError('buildLevel', 'is needed: the lowest that the summary must report');
  const other = NOT_IN_SUMMARY.find((field) => expectations[field] !== undefined);
  if (other !== undefined) throw new ExpectationError(other, 'a verification summary does not say it');
}

/** Members count wherever they come from: an inherited one that is overlooked would be a check that is not made. */
function checkMembers(expectations: Expectations): void {
  if (typeof expectations !== 'object' || expectations === null) {
    throw new ExpectationError('expectations', 'must be an object');
  }
  for (const field in expectations) {
    if (!RULES.has(field)) throw new ExpectationError(field, 'no such expectation');
  }
  for (const [field, rule] of RULES) {
    if (field in expectations || field === 'publicKeys') rule(field, Reflect.get(expectations, field));
  }
}

/** Two keys are one when their SubjectPublicKeyInfo is, whatever they are called (DSSE v1.0.2, protocol.md). */
function distinctKeys(keys: readonly PublicKey[]): readonly PublicKey[] {
  const known = LISTS.get(keys);
  if (known !== undefined && hasSameMembers(known.given, keys)) return known.distinct;
  const distinct = [...new Map(keys.map((key) => [identityOf(key), key])).values()];
  LISTS.set(keys, { given: [...keys], distinct });
  return distinct;
}

/** A program verifies often, and with the same list of keys; what was in it may have changed since. */
const LISTS = new WeakMap<
  readonly PublicKey[],
  { readonly given: readonly PublicKey[]; readonly distinct: readonly PublicKey[] }
>();

function hasSameMembers(some: readonly PublicKey[], others: readonly PublicKey[]): boolean {
  return some.length === others.length && some.every((key, index) => key === others[index]);
}

/** The hex of each key's SubjectPublicKeyInfo: a program verifies often, and with the same few keys. */
const IDENTITIES = new WeakMap<PublicKey, string>();

function identityOf(key: PublicKey): string {
  const identity = IDENTITIES.get(key) ?? encodeHex(key.spki);
  IDENTITIES.set(key, identity);
  return identity;
}

function oneRef({ sourceRef, sourceBranch, sourceTag }: Expectations): string | undefined {
  const refs = new Set<string>();
  if (sourceRef !== undefined) refs.add(sourceRef);
  if (sourceBranch !== undefined) refs.add(`refs/heads/${sourceBranch}`);
  if (sourceTag !== undefined) refs.add(`refs/tags/${sourceTag}`);
  const [ref, ...others] = refs;
  if (others.length === 0) return ref;
  throw new ExpectationError('sourceRef', `one build has one ref, not ${[...refs].join(' and ')}`);
}

/** Two answers to who is trusted would let one of them trust what the other does not. */
function checkAlone(expectations: Expectations): void {
  const { publicKeys, threshold, certificateIdentity } = expectations;
  if (publicKeys.length > 0) throw new ExpectationError('publicKeys', BY_ROOT);
  if (threshold !== undefined) throw new ExpectationError('threshold', BY_ROOT);
  if (certificateIdentity !== undefined) throw new ExpectationError('certificateIdentity', BY_ROOT);
}

const BY_ROOT = 'the trust root says who is trusted; give one or the other';

function rootKeys({ root }: OpenedTrustRoot): readonly PublicKey[] {
  return root === undefined ? [] : root.keys.map(({ publicKey }) => publicKey);
}

function rootCertificates({ root }: OpenedTrustRoot): readonly ExpectedCertificate[] {
  return root?.builders.flatMap(({ certificates = [] }) => certificates) ?? [];
}

const NO_KEY = 'must be a list of at least one key: without a key nothing can be trusted';

/** An identity without who vouched for it is a name that anybody can have. */
function readCertificate({
  certificateIdentity: identity,
  certificateIssuer: issuer,
}: Expectations): ExpectedCertificate | undefined {
  if (identity === undefined && issuer === undefined) return undefined;
  if (identity === undefined) throw new ExpectationError('certificateIssuer', 'needs certificateIdentity');
  if (issuer === undefined) throw new ExpectationError('certificateIdentity', 'needs certificateIssuer');
  return { identity, issuer };
}

function keyList(field: string, value: unknown): void {
  if (!Array.isArray(value)) throw new ExpectationError(field, NO_KEY);
  for (const key of value) {
    if (typeof key !== 'object' || key === null || !('spki' in key) || !(key.spki instanceof Uint8Array)) {
      throw new ExpectationError(field, 'must hold keys as parsePublicKey of @danube/keys returns them');
    }
  }
}

function count(field: string, value: unknown): void {
  if (!Number.isInteger(value) || Number(value) < 1) {
    throw new ExpectationError(field, 'must be a whole number of at least 1');
  }
}

function text(field: string, value: unknown): void {
  if (typeof value !== 'string' || value === '')
    throw new ExpectationError(field, 'must be a text that is not empty');
}

function pattern(field: string, value: unknown): void {
  text(field, value);
  const problem = patternProblem(String(value));
  if (problem !== undefined) throw new ExpectationError(field, problem);
}

/** The caller may have put it together by hand; a date that is none or a threshold of 0 would let anything pass. */
function openedRoot(field: string, value: unknown): void {
  if (!isOpenedRoot(value)) throw new ExpectationError(field, 'must be what opened or refused a trust root');
  const contradiction = value.root === undefined ? undefined : findContradiction(value.root);
  if (contradiction === undefined) return;
  throw new ExpectationError(field, `${contradiction.pointer}: ${contradiction.message}`);
}

function isOpenedRoot(value: unknown): value is OpenedTrustRoot {
  if (typeof value !== 'object' || value === null) return false;
  if (!('root' in value) || value.root === undefined)
    return 'reason' in value && typeof value.reason === 'string';
  const { root } = value;
  return typeof root === 'object' && root !== null && hasList(root, 'keys') && hasList(root, 'builders');
}

function hasList(value: object, name: string): boolean {
  return Array.isArray(Reflect.get(value, name));
}

function level(field: string, value: unknown): void {
  if (value !== 1 && value !== 2 && value !== 3) throw new ExpectationError(field, 'must be 1, 2 or 3');
}

function summaryRule(field: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw new ExpectationError(field, 'must be an object');
  const names = Object.keys(value).sort().join();
  if (names !== 'resourceUri,verifierId')
    throw new ExpectationError(field, 'must have verifierId and resourceUri, and nothing else');
  for (const member of Object.values(value)) text(field, member);
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

/** A list that is there and empty would be a policy that nobody wrote. */
function policyList(field: string, value: unknown): void {
  if (Array.isArray(value) && value.length > 0 && value.every(isPolicy)) return;
  throw new ExpectationError(field, 'must be a list of at least one policy, as parsePolicy returns them');
}

function lock(field: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && 'judge' in value) return;
  throw new ExpectationError(field, 'must be what parseLock returns');
}

function followRule(field: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && 'start' in value) return;
  throw new ExpectationError(field, 'must be what followDependencies returns');
}

function packageOf(field: string, value: unknown): void {
  const problem = npmPackageProblem(value);
  if (problem !== undefined) throw new ExpectationError(field, problem);
}

function isPolicy(value: unknown): value is Policy {
  return typeof value === 'object' && value !== null && 'ask' in value && typeof value.ask === 'function';
}

function seconds(field: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new ExpectationError(field, 'must be a number of seconds, 0 or more');
  }
}

function flag(field: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new ExpectationError(field, 'must be true or false');
}
