import { X509Certificate as Asn1Certificate } from '@sigstore/core';
import { X509Certificate } from 'node:crypto';
import { SigstoreError } from './errors.ts';

/** A timestamp authority as a trust root names it. */
export interface TimestampAuthorityInput {
  /** What errors and proven times call it. */
  readonly name: string;
  /** DER: the certificate that signs timestamps, then each that issued the one before, up to one that issued itself. */
  readonly certificates: readonly Uint8Array[];
  /** Its timestamps count from this moment on, which is included. */
  readonly notBefore: Date;
  /** Until this moment, which is included. */
  readonly notAfter: Date;
}

/** A timestamp authority whose certificates were read and belong together. */
export interface TimestampAuthority extends Omit<TimestampAuthorityInput, 'certificates'> {
  readonly signer: Asn1Certificate;
  /** The whole chain, the signer first. */
  readonly chain: readonly X509Certificate[];
}

/** What verifies timestamps: authorities of the caller's, never one that a timestamp brings along. */
export interface TimestampRoot {
  readonly authorities: readonly TimestampAuthority[];
}

const EXTENDED_KEY_USAGE = '2.5.29.37';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

/**
 * Reads timestamp authorities. The signer must be for timestamps alone, critically (RFC 3161, section 2.3), and no
 * authority over certificates; all others must be, and have issued the one before.
 *
 * @throws {SigstoreError} `ERR_SIGSTORE_ROOT`
 */
export function readTimestampAuthorities(inputs: readonly TimestampAuthorityInput[]): TimestampRoot {
  return { authorities: inputs.map(readAuthority) };
}

function readAuthority({ certificates, ...authority }: TimestampAuthorityInput): TimestampAuthority {
  try {
    const chain = certificates.map((der) => new X509Certificate(der));
    const [first] = certificates;
    if (first === undefined) throw new Error('it has no certificate');
    const signer = Asn1Certificate.parse(Buffer.from(first));
    const problem = signerProblem(signer, chain[0]) ?? chainProblem(chain);
    if (problem !== undefined) throw new Error(problem);
    return { ...authority, signer, chain };
  } catch (cause) {
    // Certificates are read by two libraries, whose errors are of many classes.
    const reason = cause instanceof Error ? cause.message : 'a certificate cannot be read';
    throw new SigstoreError('ERR_SIGSTORE_ROOT', `the timestamp authority ${authority.name}: ${reason}`, {
      hint: 'give its certificates in PEM: the one that signs timestamps, then its issuers up to the root',
      cause,
    });
  }
}

function signerProblem(
  signer: Asn1Certificate,
  certificate: X509Certificate | undefined,
): string | undefined {
  if (certificate?.ca !== false) return 'its first certificate is one that issues others';
  const usage: readonly string[] = certificate.keyUsage ?? [];
  const isSole = usage.length === 1 && usage[0] === TIME_STAMPING;
  if (isSole && signer.extension(EXTENDED_KEY_USAGE)?.critical === true) return undefined;
  return 'its first certificate is not for timestamps alone (extended key usage timeStamping, critical)';
}

function chainProblem(chain: readonly X509Certificate[]): string | undefined {
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1] ?? certificate;
    if (!issuer.ca) return `its certificate ${index + 2} may not issue others`;
    if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) {
      return index === chain.length - 1
        ? 'its last certificate is no root: it was issued by another one'
        : `its certificate ${index + 1} was not issued by the next one`;
    }
  }
  return undefined;
}
