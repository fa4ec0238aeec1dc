import type { CertificateClaims } from './claims.ts';

/** A time that somebody whom the caller trusts vouches for. */
export interface ProvenTime {
  readonly by: 'transparency-log' | 'timestamp-authority';
  /** What the caller calls the authority, where it has a name. */
  readonly name?: string;
  readonly time: Date;
}

/** Who signed, as proven; nothing of it is the signer's own claim. */
export interface CertificateSigner {
  readonly kind: 'certificate';
  /** The certificate's subject alternative name: the workflow's URI, or an email address. */
  readonly identity: string;
  /** The provider that vouched for the identity. */
  readonly issuer: string;
  readonly claims: CertificateClaims;
  /** SHA-256 of the certificate, in hex. */
  readonly certificateSha256: string;
  /** When it was signed. Empty only for an envelope without a log entry: then nothing proves it. */
  readonly times: readonly ProvenTime[];
  /** Entries of trusted logs that hold this signature. */
  readonly logEntries: number;
  /** The certificate's validity. */
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** The caller's own key signed. */
export interface KeySigner {
  readonly kind: 'key';
  readonly times: readonly ProvenTime[];
  readonly logEntries: number;
}
