import type { PublicKey } from '@danube/keys';
import type { JsonObject } from 'in-toto-attestation';
import { matchPattern } from './identity-pattern.ts';

/**
 * Who may say what, for how long, as the caller decided it beforehand (docs/trust.md). Plain values: they are read from
 * a document by `@danube/verifier/documents`, which refuses one that contradicts itself.
 */
export interface TrustRoot {
  /** Grows with each change. */
  readonly version: number;
  /** After it nothing is trusted any more. */
  readonly expires: Date;
  /** All keys, each once. */
  readonly keys: readonly TrustedKey[];
  /** All builders, each id once. */
  readonly builders: readonly TrustedBuilder[];
  /** Who may sum up verifications (VSA), each id once; nobody when left out. */
  readonly verifiers?: readonly TrustedVerifier[];
  /** The instances of Sigstore whose certificates builders may sign with, each name once; none when left out. */
  readonly sigstore?: readonly TrustedSigstore[];
  /** Who proves when something was signed (RFC 3161), each name once; nobody when left out. */
  readonly timestampAuthorities?: readonly TimestampAuthority[];
}

export interface TrustedKey {
  readonly publicKey: PublicKey;
  /** It can sign from this moment on, which is included. */
  readonly notBefore: Date;
  /** It can sign until this moment, which is included. */
  readonly notAfter: Date;
  /** Nothing that was signed at or after `since` is believed. */
  readonly revoked?: { readonly since: Date; readonly reason: string };
}

/** A builder and what its signatures are worth (SLSA 1.2, verifying-artifacts.md: roots of trust). */
export interface TrustedBuilder {
  /** `runDetails.builder.id`, compared exactly. */
  readonly id: string;
  /** The keys that sign for it; at least one, unless certificates do. */
  readonly keys: readonly PublicKey[];
  /** The identities whose certificates sign for it; whichever of them signed counts as one signer. */
  readonly certificates?: readonly TrustedCertificate[];
  /** How many different signers there must be. */
  readonly threshold: number;
  /** The highest SLSA Build level that it can reach, 1 to 3. */
  readonly maxLevel: number;
  /** The only build types that it is trusted with; any when left out. */
  readonly buildTypes?: readonly string[];
  /** The only sources that it is trusted with, exact or patterns; any when left out. */
  readonly sources?: readonly string[];
}

/** An identity of a Sigstore instance, exact or as patterns (docs/interop-sigstore.md, "Patterns"). */
export interface TrustedCertificate {
  /** The name of the {@link TrustedSigstore} that must prove it. */
  readonly sigstore: string;
  readonly identity: string;
  readonly issuer: string;
}

/** Who may sum up verifications (SLSA 1.2, verification_summary.md: only specific pairs of signer and verifier). */
export interface TrustedVerifier {
  /** `verifier.id`, compared exactly. */
  readonly id: string;
  /** The keys that sign for it; at least one. */
  readonly keys: readonly PublicKey[];
  /** How many of them must have signed. */
  readonly threshold: number;
}

/** An instance of Sigstore: whoever evaluates certificates reads it (@danube/sigstore), not the verifier. */
export interface TrustedSigstore {
  readonly name: string;
  /** The content of its `trusted_root.json`. */
  readonly trustedRoot: JsonObject;
}

/** A timestamp authority: whoever evaluates timestamps reads its certificates (@danube/sigstore), not the verifier. */
export interface TimestampAuthority {
  readonly name: string;
  /** DER, the one that signs timestamps first, each issued by the next. */
  readonly certificates: readonly Uint8Array[];
  /** Its timestamps count from this moment on, which is included. */
  readonly notBefore: Date;
  /** Until this moment, which is included. */
  readonly notAfter: Date;
}

/** A trust root that somebody vouches for; or one whose content was not even looked at, and why. */
export type OpenedTrustRoot =
  | {
      readonly root: TrustRoot;
      /** Who vouches for it, in words. */
      readonly by: string;
    }
  | { readonly root?: undefined; readonly reason: string; readonly hint?: string };

/** The entry of a public key. */
export function findTrustedKey({ keys }: TrustRoot, publicKey: PublicKey): TrustedKey | undefined {
  return keys.find((key) => key.publicKey === publicKey);
}

/** Whether the key could sign at this moment. */
export function isWithin({ notBefore, notAfter }: TrustedKey, moment: Date): boolean {
  return notBefore <= moment && moment <= notAfter;
}

/** Whether what the key signed at this moment is not believed. */
export function isRevoked({ revoked }: TrustedKey, moment: Date): boolean {
  return revoked !== undefined && revoked.since <= moment;
}

/** Those of the keys that are `allowed`, and were in their time and not revoked when they signed. */
export function usableKeys(
  root: TrustRoot,
  signers: readonly PublicKey[],
  allowed: readonly PublicKey[],
  signedAt: Date,
): TrustedKey[] {
  return signers.flatMap((signer) => {
    const key = allowed.includes(signer) ? findTrustedKey(root, signer) : undefined;
    return key !== undefined && isWithin(key, signedAt) && !isRevoked(key, signedAt) ? [key] : [];
  });
}

/** The verifier of this id, compared exactly. */
export function findVerifier({ verifiers = [] }: TrustRoot, id: string): TrustedVerifier | undefined {
  return verifiers.find((verifier) => verifier.id === id);
}

/** Whether the builder is trusted with this source. */
export function matchSource({ sources }: TrustedBuilder, uri: string | undefined): boolean {
  if (sources === undefined) return true;
  return uri !== undefined && sources.some((pattern) => matchPattern(pattern, uri));
}
