import { DocumentError } from './errors.ts';
import { toTrustRoot } from './trust-root.ts';
import type {
  TimestampAuthorityEntry,
  TrustedBuilderEntry,
  TrustedKeyEntry,
  TrustedVerifierEntry,
  TrustRootDocument,
} from './trust-root-schema.ts';
import type { TrustedSigstore } from '../trust-root.ts';

/** A trust root after a change, and what the change means for what is attested already, in sentences. */
export interface TrustRootChange {
  readonly document: TrustRootDocument;
  readonly means: readonly string[];
}

/**
 * Adds a key that signs for builders and verifiers, by their ids; for nobody yet when there are none.
 *
 * @throws {DocumentError} `ERR_TRUST_ROOT`, as every change here does when the document would contradict itself.
 */
export function addKey(
  document: TrustRootDocument,
  key: TrustedKeyEntry,
  ids: readonly string[],
): TrustRootChange {
  const signers = [...(document.builders ?? []), ...(document.verifiers ?? [])];
  for (const id of ids)
    if (!signers.some((signer) => signer.id === id)) throw missing('builder or verifier', id);
  const changed = mapSigners(
    { ...document, keys: [...(document.keys ?? []), key] },
    ({ id }) => ids.includes(id),
    (keys) => [...keys, key.name],
  );
  return next(changed, [
    ids.length === 0
      ? `${key.name} signs for nobody yet: name it in add-builder or add-verifier, or add it --for one`
      : `${key.name} signs for ${ids.join(', ')} from ${key.notBefore} to ${key.notAfter}`,
    ...signers
      .filter(({ id, threshold }) => ids.includes(id) && threshold > 1)
      .map(
        ({ id, threshold }) =>
          `${id} needs ${threshold} different signers: no other key of it may be of the same owner`,
      ),
    'what is accepted now stays accepted',
  ]);
}

/**
 * Puts a new key beside an old one wherever that signs, and lets the old one end.
 *
 * @param until when the old key ends; the overlap is from now until then.
 */
export function rotateKey(
  document: TrustRootDocument,
  name: string,
  successor: TrustedKeyEntry,
  until: string,
): TrustRootChange {
  const old = findKey(document, name);
  if (old.revoked !== undefined)
    throw problem(`${name} is revoked: what it signs is not believed; use add-key`);
  if (Date.parse(old.notAfter) < Date.parse(until))
    throw problem(
      `${name} ends on ${old.notAfter} already, before ${until}: rotation makes no key live longer`,
    );
  const isOld = ({ keys = [] }: { readonly keys?: readonly string[] }): boolean => keys.includes(name);
  const keys = (document.keys ?? []).map((key) => (key === old ? { ...key, notAfter: until } : key));
  const changed = mapSigners({ ...document, keys: [...keys, successor] }, isOld, (names) => [
    ...names,
    successor.name,
  ]);
  const signers = [...(document.builders ?? []), ...(document.verifiers ?? [])].filter(isOld);
  return next(changed, [
    `${successor.name} signs for ${signers.map(({ id }) => id).join(', ') || 'nobody yet'} from ${successor.notBefore} to ${successor.notAfter}`,
    `${name} signs until ${until}: sign with ${successor.name} before that`,
    provesTime(document)
      ? `what ${name} signed stays acceptable when a timestamp proves that it was signed by then; what has none is rejected after ${until}`
      : `everything that ${name} signed is rejected after ${until}: the trust root names no timestamp authority, so nothing proves when it was signed`,
    ...signers
      .filter(({ threshold }) => threshold > 1)
      .map(
        ({ id, threshold }) =>
          `until then ${name} and ${successor.name} count as two of the ${threshold} signers of ${id}, although both are of one owner`,
      ),
  ]);
}

/** Takes the trust from what a key signed since a moment. A revocation can be moved to an earlier moment, never taken back. */
export function revokeKey(
  document: TrustRootDocument,
  name: string,
  revoked: { readonly since: string; readonly reason: string },
): TrustRootChange {
  const old = findKey(document, name);
  if (old.revoked !== undefined && Date.parse(old.revoked.since) <= Date.parse(revoked.since))
    throw problem(
      `${name} is revoked since ${old.revoked.since} already, and a revocation is not taken back`,
    );
  const keys = (document.keys ?? []).map((key) => (key === old ? { ...key, revoked } : key));
  const changed = { ...document, keys };
  return next(changed, [
    `nothing that ${name} signed at or after ${revoked.since} is accepted any more`,
    provesTime(document)
      ? `what it signed before stays acceptable when a timestamp proves that; everything else of it is rejected`
      : `what it signed before is rejected as well: the trust root names no timestamp authority, so nothing proves when it was signed`,
    ...[...(document.builders ?? []), ...(document.verifiers ?? [])].flatMap((signer) =>
      signer.keys?.includes(name) === true ? [describeLoss(signer, changed)] : [],
    ),
  ]);
}

/** Adds a builder. */
export function addBuilder(document: TrustRootDocument, builder: TrustedBuilderEntry): TrustRootChange {
  const { id, keys = [], certificates = [], threshold, maxLevel, buildTypes, sources } = builder;
  const signers = [...keys, ...certificates.map(({ identity }) => `certificates of ${identity}`)];
  return next({ ...document, builders: [...(document.builders ?? []), builder] }, [
    `provenance of ${id} is accepted up to SLSA Build L${maxLevel} when ${threshold} of ${signers.join(', ')} signed it, also what was signed before`,
    sources === undefined
      ? 'it is trusted with any source'
      : `it is trusted with ${sources.join(', ')} alone`,
    buildTypes === undefined
      ? 'it is trusted with any build type'
      : `it is trusted with ${buildTypes.join(', ')} alone`,
  ]);
}

/** Adds a verifier, whose summaries are believed. */
export function addVerifier(document: TrustRootDocument, verifier: TrustedVerifierEntry): TrustRootChange {
  const { id, keys, threshold } = verifier;
  return next({ ...document, verifiers: [...(document.verifiers ?? []), verifier] }, [
    `summaries of ${id} are believed when ${threshold} of ${keys.join(', ')} signed them, also those there are`,
  ]);
}

/** Adds a timestamp authority. */
export function addTimestampAuthority(
  document: TrustRootDocument,
  authority: TimestampAuthorityEntry,
): TrustRootChange {
  const { name, notBefore, notAfter } = authority;
  const authorities = [...(document.timestampAuthorities ?? []), authority];
  return next({ ...document, timestampAuthorities: authorities }, [
    `timestamps of ${name} from ${notBefore} to ${notAfter} prove when it was signed, also those there are`,
    'attestations with timestamps that no authority here made are rejected from now on (time.proof)',
  ]);
}

/** Adds an instance of Sigstore, whose certificates builders can be known by. */
export function addSigstore(document: TrustRootDocument, sigstore: TrustedSigstore): TrustRootChange {
  return next({ ...document, sigstore: [...(document.sigstore ?? []), sigstore] }, [
    `builders can be known by certificates of ${sigstore.name}; none is yet`,
    `its logs prove when keys signed: entries that are not about the attestation they lie in are rejected (time.proof)`,
  ]);
}

/** The next version, once it is known not to contradict itself. */
function next(document: TrustRootDocument, means: readonly string[]): TrustRootChange {
  const changed = { ...document, version: document.version + 1 };
  toTrustRoot(changed);
  return { document: changed, means };
}

function mapSigners(
  document: TrustRootDocument,
  isMeant: (signer: { readonly id: string; readonly keys?: readonly string[] }) => boolean,
  change: (keys: readonly string[]) => readonly string[],
): TrustRootDocument {
  const { builders, verifiers } = document;
  return {
    ...document,
    ...(builders !== undefined && {
      builders: builders.map((builder) =>
        isMeant(builder) ? { ...builder, keys: change(builder.keys ?? []) } : builder,
      ),
    }),
    ...(verifiers !== undefined && {
      verifiers: verifiers.map((verifier) =>
        isMeant(verifier) ? { ...verifier, keys: change(verifier.keys) } : verifier,
      ),
    }),
  };
}

/** What says who signs: a verifier has no certificates. */
type SignerField = 'id' | 'keys' | 'threshold' | 'certificates';

function describeLoss(
  { id, keys = [], threshold, certificates }: Pick<TrustedBuilderEntry, SignerField>,
  { keys: all = [] }: TrustRootDocument,
): string {
  const certified = certificates === undefined ? 0 : 1;
  const left =
    keys.filter((key) => all.find(({ name }) => name === key)?.revoked === undefined).length + certified;
  if (left >= threshold) return `${id} has ${left} signers left that are not revoked, and needs ${threshold}`;
  return `${id} has ${left} signers left that are not revoked, and needs ${threshold}: nothing new of it can be accepted until a key is added`;
}

function provesTime({ timestampAuthorities, sigstore }: TrustRootDocument): boolean {
  return timestampAuthorities !== undefined || sigstore !== undefined;
}

function findKey({ keys = [] }: TrustRootDocument, name: string): TrustedKeyEntry {
  const found = keys.find((key) => key.name === name);
  if (found === undefined) throw missing('key', name);
  return found;
}

function missing(what: string, name: string): DocumentError {
  return problem(`there is no ${what} ${name}`);
}

function problem(message: string): DocumentError {
  return new DocumentError('ERR_TRUST_ROOT', '', message);
}
