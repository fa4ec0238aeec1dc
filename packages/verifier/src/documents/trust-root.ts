import { KeyError, parsePublicKey, type PublicKey } from '@danube/keys';
import { findContradiction } from '../trust-contradictions.ts';
import type { TimestampAuthority, TrustedBuilder, TrustedKey, TrustRoot } from '../trust-root.ts';
import { readCertificateChain } from './certificate-chain.ts';
import { DocumentError } from './errors.ts';
import { describeIssue, parseStrictJson } from './reading.ts';
import {
  type TimestampAuthorityEntry,
  type TrustedBuilderEntry,
  type TrustedKeyEntry,
  trustRootSchema,
  type TrustRootDocument,
} from './trust-root-schema.ts';

/** A trust root of a thousand keys has less. */
const LIMITS = { maxBytes: 4 * 1024 * 1024, depth: 16 } as const;

/**
 * Reads a trust root, whoever vouches for it, as the values that a verification takes.
 *
 * @throws {DocumentError} `ERR_TRUST_ROOT` with the pointer: not JSON, an unknown field, a threshold below 1 or above the
 * number of keys, an empty list, anything that is there twice, a key that cannot be read or is private.
 */
export function parseTrustRoot(bytes: Uint8Array): TrustRoot {
  return toTrustRoot(parseTrustRootDocument(bytes));
}

/** The same as the document that was written, for those who change it. @throws {DocumentError} `ERR_TRUST_ROOT` */
export function parseTrustRootDocument(bytes: Uint8Array): TrustRootDocument {
  const result = trustRootSchema.safeParse(parseStrictJson(bytes, LIMITS, 'ERR_TRUST_ROOT'));
  if (!result.success) throw describeIssue(result.error, 'ERR_TRUST_ROOT', 'trust root');
  toTrustRoot(result.data);
  return result.data;
}

/** @throws {DocumentError} `ERR_TRUST_ROOT` */
export function toTrustRoot(document: TrustRootDocument): TrustRoot {
  const { version, expires, keys = [], builders = [], verifiers, sigstore, timestampAuthorities } = document;
  const named = new Map<string, TrustedKey>();
  for (const [index, key] of keys.entries()) {
    if (named.has(key.name))
      throw new DocumentError('ERR_TRUST_ROOT', `/keys/${index}/name`, 'is there twice');
    named.set(key.name, toTrustedKey(key, `/keys/${index}`));
  }
  const root: TrustRoot = {
    version,
    expires: new Date(expires),
    keys: [...named.values()],
    builders: builders.map((builder, index) => toTrustedBuilder(builder, named, `/builders/${index}`)),
    ...(verifiers !== undefined && {
      verifiers: verifiers.map((verifier, index) => ({
        ...verifier,
        keys: findKeys(verifier.keys, named, `/verifiers/${index}/keys`),
      })),
    }),
    ...(sigstore !== undefined && { sigstore }),
    ...(timestampAuthorities !== undefined && {
      timestampAuthorities: timestampAuthorities.map(toAuthority),
    }),
  };
  const contradiction = findContradiction(root);
  if (contradiction === undefined) return root;
  throw new DocumentError('ERR_TRUST_ROOT', contradiction.pointer, contradiction.message);
}

function toTrustedKey(key: TrustedKeyEntry, pointer: string): TrustedKey {
  const { notBefore, notAfter, revoked } = key;
  return {
    publicKey: readKey(key.publicKey, `${pointer}/publicKey`),
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    ...(revoked === undefined ? {} : { revoked: { since: new Date(revoked.since), reason: revoked.reason } }),
  };
}

function readKey(text: string, pointer: string): PublicKey {
  try {
    return parsePublicKey(new TextEncoder().encode(text));
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause;
    throw new DocumentError('ERR_TRUST_ROOT', pointer, cause.message, { cause });
  }
}

function toTrustedBuilder(
  { keys = [], ...others }: TrustedBuilderEntry,
  named: ReadonlyMap<string, TrustedKey>,
  pointer: string,
): TrustedBuilder {
  return { ...others, keys: findKeys(keys, named, `${pointer}/keys`) };
}

function findKeys(
  names: readonly string[],
  named: ReadonlyMap<string, TrustedKey>,
  pointer: string,
): PublicKey[] {
  return names.map((name, index) => {
    const key = named.get(name);
    if (key !== undefined) return key.publicKey;
    throw new DocumentError('ERR_TRUST_ROOT', `${pointer}/${index}`, `there is no key ${name}`);
  });
}

function toAuthority(entry: TimestampAuthorityEntry, index: number): TimestampAuthority {
  const { name, certificateChain, notBefore, notAfter } = entry;
  return {
    name,
    certificates: readCertificateChain(certificateChain, `/timestampAuthorities/${index}/certificateChain`),
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
  };
}
