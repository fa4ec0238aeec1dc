import type { ExpectedCertificate } from './expectations.ts';
import { matchPattern } from './identity-pattern.ts';

/** What a certificate authority says of the workload that signed; what it does not say is absent. */
export interface CertificateClaims {
  readonly buildTrigger?: string;
  readonly buildSignerUri?: string;
  readonly runnerEnvironment?: string;
  readonly sourceRepositoryUri?: string;
  readonly sourceRepositoryDigest?: string;
  readonly sourceRepositoryRef?: string;
  readonly buildConfigUri?: string;
  readonly runInvocationUri?: string;
}

/** A signer that somebody else proved: a certificate of a root that the caller trusts signed these very bytes. */
export interface ProvenSigner {
  readonly identity: string;
  readonly issuer: string;
  readonly claims: CertificateClaims;
  /** What the certificate is told by in reports. */
  readonly fingerprint: string;
  /** When it was signed, as a log or a timestamp authority vouches for; empty when nothing proves it. */
  readonly times: readonly { readonly by: string; readonly time: Date }[];
  /** Entries of trusted logs that hold the signature. */
  readonly logEntries: number;
  /** The names of the trust root's Sigstore instances that prove all of this, where a trust root names them. */
  readonly sigstore?: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What was found out about a certificate: its signer, or what could not be proven and why. */
export type CertificateProof =
  | { readonly signer: ProvenSigner }
  | {
      readonly signer?: undefined;
      /** `transparency`: the signature was not logged or its time is not proven; `signature`: all else. */
      readonly unproven: 'signature' | 'transparency';
      readonly reason: string;
    };

/** A certificate, judged by who the caller expects. */
export interface SigningCertificate {
  readonly proof: CertificateProof;
  /** It is proven, and its identity and issuer are the expected ones: it counts as a signature. */
  readonly accepted: boolean;
  /** It is proven when it signed. Without that a statement is looked into for the sake of the report, and never believed. */
  readonly isTimed: boolean;
  /** As proven; empty when nothing is. */
  readonly identity: string;
}

/** Judges a certificate; `undefined` when there is none, or when nobody expects one. */
export function judgeCertificate(
  proof: CertificateProof | undefined,
  expected: readonly ExpectedCertificate[],
): SigningCertificate | undefined {
  if (proof === undefined || expected.length === 0) return undefined;
  const { signer } = proof;
  if (signer === undefined) return { proof, accepted: false, isTimed: false, identity: '' };
  const accepted = expected.some((wanted) => matchCertificate(wanted, signer));
  return { proof, accepted, isTimed: signer.times.length > 0, identity: signer.identity };
}

/** Whether it is the expected identity, by the expected issuer, proven by the expected instance of Sigstore. */
export function matchCertificate(
  { identity, issuer, sigstore }: ExpectedCertificate,
  signer: ProvenSigner,
): boolean {
  if (sigstore !== undefined && signer.sigstore?.includes(sigstore) !== true) return false;
  return matchPattern(identity, signer.identity) && matchPattern(issuer, signer.issuer);
}
