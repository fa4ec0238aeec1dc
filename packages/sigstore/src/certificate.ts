import { X509Certificate } from 'node:crypto';
import { SigstoreError } from './errors.ts';

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

/**
 * Reads the signer's certificate and requires what the library does not look at: that it is for signing code, and no
 * authority.
 *
 * @throws {SigstoreError} `ERR_SIGSTORE_CERTIFICATE`
 */
export function readSignerCertificate(der: Uint8Array): X509Certificate {
  const certificate = readCertificate(der);
  if (certificate.ca) throw certificateError('the certificate is one of an authority, not of a signer');
  const usage: readonly string[] = certificate.keyUsage ?? [];
  if (!usage.includes(CODE_SIGNING)) throw certificateError('the certificate is not for signing code');
  return certificate;
}

/**
 * Requires a chain to hold no certificate that issued itself: roots come from the caller alone (protobuf-specs
 * sigstore_bundle.proto).
 *
 * @throws {SigstoreError} `ERR_SIGSTORE_CERTIFICATE`
 */
export function requireNoRoot(chain: readonly Uint8Array[]): void {
  for (const der of chain) {
    const certificate = readCertificate(der);
    if (certificate.subject === certificate.issuer) {
      throw certificateError('the bundle brings a root certificate of its own');
    }
  }
}

function readCertificate(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (cause) {
    throw new SigstoreError('ERR_SIGSTORE_CERTIFICATE', 'the certificate cannot be read', { cause });
  }
}

function certificateError(message: string): SigstoreError {
  return new SigstoreError('ERR_SIGSTORE_CERTIFICATE', message);
}
