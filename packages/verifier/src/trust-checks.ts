import type { PublicKey } from '@danube/keys';
import { matchCertificate } from './certificate.ts';
import type { Context } from './context.ts';
import { fail, notRun, pass } from './finding.ts';
import type { Opened } from './opening.ts';
import type { Build } from './profiles.ts';
import type { Finding } from './report.ts';
import {
  findTrustedKey,
  findVerifier,
  isRevoked,
  isWithin,
  matchSource,
  type TrustedBuilder,
  type TrustedKey,
  type TrustedVerifier,
  type TrustRoot,
  usableKeys,
} from './trust-root.ts';

const NO_ROOT = 'there is no trust root';

/** Does anybody vouch for the trust root, and is it still good? */
export function trustRoot({ expected: { trustRoot: opened }, now }: Context): Finding {
  if (opened === undefined) return notRun(NO_ROOT);
  if (opened.root === undefined)
    return fail({ expected: 'a trust root that can be trusted', actual: opened.reason, hint: opened.hint });
  const { root, by } = opened;
  const expected = `a trust root that has not expired on ${now.toISOString()}`;
  const actual = `version ${root.version}, ${by}, expires on ${root.expires.toISOString()}`;
  if (now <= root.expires) return pass({ expected, actual });
  return fail({ expected, actual, hint: 'Get the current trust root from whoever keeps it.' });
}

/** Were the keys that signed allowed to sign at that time? */
export function keyValidity(context: Context): Finding {
  const found = lookAtSigners(context);
  if (typeof found === 'string') return notRun(found);
  const { moment } = found;
  const outside = found.signers.filter((key) => !isWithin(key, moment.time));
  const expected = `keys that are valid on ${describeMoment(moment)}`;
  if (outside.length > 0 && count(found) < found.needed) {
    return fail({ expected, actual: outside.map(describeWindow).join('; '), hint: moment.hint });
  }
  return pass({ expected, actual: describeCount(found, outside) });
}

/** Were the keys that signed still those of their owners? */
export function keyRevoked(context: Context): Finding {
  const found = lookAtSigners(context);
  if (typeof found === 'string') return notRun(found);
  const { moment } = found;
  const revoked = found.signers.filter((key) => isRevoked(key, moment.time));
  const expected = `keys that are not revoked on ${describeMoment(moment)}`;
  if (revoked.length > 0 && count(found) < found.needed) {
    return fail({ expected, actual: revoked.map(describeRevocation).join('; '), hint: moment.hint });
  }
  return pass({ expected, actual: describeCount(found, revoked) });
}

/** How many signers count: all certificates are one, whose own time was judged when it was proven. */
function count({ usable, isCertified }: Signers): number {
  return usable.length + (isCertified ? 1 : 0);
}

function describeCount({ signers, isCertified }: Signers, refused: readonly TrustedKey[]): string {
  const keys = `${signers.length - refused.length} of ${signers.length}`;
  return isCertified ? 'a certificate, which was valid when it signed' : keys;
}

/** The moment at which keys are judged. */
interface Moment {
  readonly time: Date;
  /** Who proves that it was signed then; `undefined` for the time of the verification, because nobody does. */
  readonly by: string | undefined;
  readonly hint: string | undefined;
}

/**
 * When keys are judged: when it was signed, if that is proven; else now. A proven time is that of the attestation's only
 * signature, so it holds for every key that signed.
 */
function momentOf({ opened: { signedAt }, now }: Context): Moment {
  if (signedAt === undefined) return { time: now, by: undefined, hint: UNPROVEN };
  return { ...signedAt, hint: undefined };
}

function describeMoment({ time, by }: Moment): string {
  return by === undefined ? time.toISOString() : `${time.toISOString()}, when it was signed (${by})`;
}

const UNPROVEN =
  'Nothing proves when it was signed (the build time is a claim), so keys are judged at the time of the verification.';

function describeWindow({ publicKey, notBefore, notAfter }: TrustedKey): string {
  return `${publicKey.keyid} is valid from ${notBefore.toISOString()} to ${notAfter.toISOString()}`;
}

function describeRevocation({ publicKey, revoked }: TrustedKey): string {
  return `${publicKey.keyid} is revoked since ${revoked?.since.toISOString()}: ${revoked?.reason}`;
}

/** Which SLSA Build level do these keys vouch for, for this builder? The provenance itself has no say in it. */
export function buildLevel(context: Context): Finding {
  const { opened, expected } = context;
  const found = lookAtSigners(context);
  if (typeof found === 'string') return notRun(found);
  const { build } = opened;
  if (!build.reached) return notRun(build.reason);
  const lowest = expected.buildLevel ?? 1;
  const wanted = `a builder that the trust root knows with these keys, at SLSA Build L${lowest} or higher`;
  const pointer = build.value.places.builderId;
  const problem = distrust(found, build.value);
  if (problem !== undefined) return fail({ expected: wanted, actual: problem, pointer });
  const level = found.builder?.maxLevel ?? 0;
  const result = { expected: wanted, actual: `SLSA Build L${level}`, pointer };
  return level >= lowest ? pass(result) : fail(result);
}

/** The SLSA Build level that the trust root vouches for; `undefined` when there is none, or it does not. */
export function vouchedLevel(context: Context): number | undefined {
  const { build } = context.opened;
  const found = lookAtSigners(context);
  if (typeof found === 'string' || !build.reached || distrust(found, build.value) !== undefined)
    return undefined;
  return found.builder?.maxLevel;
}

/** Whether those whom the caller trusts with the provenance signed the other attestation as well. */
export function isVouchedFor(other: Opened, context: Context): boolean {
  if (!other.payload.reached) return false;
  if (other.certificate?.accepted === true && !other.certificate.isTimed) return false;
  const { root } = context.expected.trustRoot ?? {};
  if (context.expected.trustRoot === undefined) return true;
  const { build } = context.opened;
  if (root === undefined || !build.reached) return false;
  const builder = findBuilder(root, build.value);
  if (builder === undefined) return false;
  const usable = usableKeys(root, other.signers, builder.keys, momentOf({ ...context, opened: other }).time);
  return usable.length + (hasCertificate(other, builder) ? 1 : 0) >= builder.threshold;
}

/** Whether enough keys of the verifier of this id signed the other attestation; `undefined` without a trust root. */
export function isByVerifier(other: Opened, context: Context, id: string): boolean | undefined {
  const { trustRoot } = context.expected;
  if (trustRoot === undefined) return undefined;
  const verifier = trustRoot.root === undefined ? undefined : findVerifier(trustRoot.root, id);
  if (verifier === undefined) return false;
  return countVerifierKeys({ ...context, opened: other }, verifier) >= verifier.threshold;
}

/** How many keys of a verifier signed what is judged, in their time and not revoked. */
export function countVerifierKeys(context: Context, { keys }: TrustedVerifier): number {
  const { root } = context.expected.trustRoot ?? {};
  if (root === undefined || !context.opened.payload.reached) return 0;
  return usableKeys(root, context.opened.signers, keys, momentOf(context).time).length;
}

/** Why the trust root does not vouch for the build; `undefined` when it does. */
function distrust(found: Signers, { provenance, source }: Build): string | undefined {
  const { builder, needed } = found;
  const { id } = provenance.runDetails.builder;
  if (builder === undefined) return `the trust root has no builder ${id}`;
  if (count(found) < needed) return `${count(found)} of the ${needed} signer(s) that ${id} needs`;
  const { buildType } = provenance.buildDefinition;
  if (builder.buildTypes?.includes(buildType) === false) return `${id} is not trusted with ${buildType}`;
  const uri = typeof source === 'string' ? undefined : source.uri?.value;
  if (!matchSource(builder, uri)) return `${id} is not trusted with ${uri ?? 'a source that cannot be read'}`;
  return undefined;
}

interface Signers {
  /** Of the trust root, for this builder. */
  readonly builder: TrustedBuilder | undefined;
  /** The keys that signed; when the builder is known, those of them that may sign for it. */
  readonly signers: readonly TrustedKey[];
  /** Those that count: neither outside their time nor revoked. */
  readonly usable: readonly TrustedKey[];
  /** A certificate signed, at a proven time; when the builder is known, one of its own. */
  readonly isCertified: boolean;
  readonly moment: Moment;
  /** How many have to. */
  readonly needed: number;
}

function lookAtSigners(context: Context): Signers | string {
  const { opened, expected } = context;
  const root = expected.trustRoot?.root;
  if (expected.trustRoot === undefined) return NO_ROOT;
  if (root === undefined) return 'the trust root cannot be trusted';
  if (!opened.payload.reached) return opened.payload.reason;
  const builder = opened.build.reached ? findBuilder(root, opened.build.value) : undefined;
  const signers = trustedKeys(root, opened.signers).filter(
    ({ publicKey }) => builder === undefined || builder.keys.includes(publicKey),
  );
  const moment = momentOf(context);
  const usable = signers.filter((key) => isWithin(key, moment.time) && !isRevoked(key, moment.time));
  const isCertified = hasCertificate(opened, builder);
  return { builder, signers, usable, isCertified, moment, needed: builder?.threshold ?? 1 };
}

function hasCertificate({ certificate }: Opened, builder: TrustedBuilder | undefined): boolean {
  const signer = certificate?.proof.signer;
  if (signer === undefined || certificate?.accepted !== true || !certificate.isTimed) return false;
  const allowed = builder?.certificates ?? [];
  return builder === undefined || allowed.some((wanted) => matchCertificate(wanted, signer));
}

function findBuilder({ builders }: TrustRoot, { provenance }: Build): TrustedBuilder | undefined {
  return builders.find(({ id }) => id === provenance.runDetails.builder.id);
}

function trustedKeys(root: TrustRoot, keys: readonly PublicKey[]): TrustedKey[] {
  return keys.flatMap((key) => findTrustedKey(root, key) ?? []);
}
