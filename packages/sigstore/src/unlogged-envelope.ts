import type { Envelope } from 'in-toto-attestation';
import type { SignedEntity } from '@sigstore/verify';
import { X509Certificate } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { envelopeJson } from 'in-toto-attestation';
import { toSignedEntity } from '@sigstore/verify';
import { readSignerCertificate } from './certificate.ts';
import { SigstoreError } from './errors.ts';
import type { CertificateSigner } from './signer.ts';
import type { SigstoreRoot } from './trusted-root.ts';
import { byAnyInstance, describeSigner, toSigstoreError, verifyEntity } from './verify-bundle.ts';

/**
 * Looks at an envelope of the form that came before bundles: the signer's certificate as PEM beside its signature
 * (`signatures[].cert`, slsa-github-generator's `.intoto.jsonl`). Its log entry was looked up in the log, and is not in the
 * file.
 *
 * What this proves: an authority of the root issued the certificate, a certificate log of the root saw it, and its key
 * signed these bytes. What it does not: that it did so within the minutes for which the certificate was valid. `times` is
 * empty and `logEntries` 0, and a caller who needs either must say no.
 *
 * @throws {SigstoreError} when the envelope has no certificate, or not even that much is proven.
 */
export function verifyUnloggedEnvelope(envelope: Envelope, root: SigstoreRoot): CertificateSigner {
  const certificate = readSignerCertificate(certificateOf(envelope).raw);
  const entity = toEntity(envelope, certificate);
  return byAnyInstance(root, (instance) => {
    const { ctlogThreshold } = instance.thresholds;
    const thresholds = { tlogThreshold: 0, ctlogThreshold, timestampThreshold: 1 };
    return describeSigner(verifyEntity(entity, instance, thresholds), certificate, [], 0);
  });
}

/** Whether the envelope has the form that {@link verifyUnloggedEnvelope} reads. */
export function hasCertificate({ signatures }: Envelope): boolean {
  return signatures.length === 1 && typeof signatures[0]?.unknownFields?.['cert'] === 'string';
}

function certificateOf(envelope: Envelope): X509Certificate {
  const pem = envelope.signatures[0]?.unknownFields?.['cert'];
  if (!hasCertificate(envelope) || typeof pem !== 'string') {
    throw new SigstoreError(
      'ERR_SIGSTORE_BUNDLE',
      'the envelope has no certificate beside its only signature',
    );
  }
  // A public key in this place once decided by itself who is trusted: only a certificate is read.
  if (!/^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----\n*$/.test(pem)) {
    throw new SigstoreError('ERR_SIGSTORE_CERTIFICATE', 'beside the signature stands no single certificate');
  }
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new SigstoreError('ERR_SIGSTORE_CERTIFICATE', 'the certificate cannot be read', { cause });
  }
}

/**
 * The library judges a chain only at a time. The certificate's own first second stands in for the one nobody knows: it
 * only selects the authority that was to issue it then, and is not reported as proven.
 */
function toEntity(envelope: Envelope, certificate: X509Certificate): SignedEntity {
  try {
    const entity = toSignedEntity(
      bundleFromJSON({
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        verificationMaterial: {
          certificate: { rawBytes: certificate.raw.toString('base64') },
          tlogEntries: [],
        },
        dsseEnvelope: envelopeJson(envelope),
      }),
    );
    return { ...entity, timestamps: [issueTime(certificate)] };
  } catch (error) {
    throw toSigstoreError(error);
  }
}

function issueTime({ validFromDate, fingerprint256 }: X509Certificate): SignedEntity['timestamps'][number] {
  return {
    $case: 'transparency-log',
    tlogEntry: {
      logIndex: '0',
      logId: { keyId: Buffer.from(fingerprint256) },
      kindVersion: { kind: '', version: '' },
      integratedTime: String(Math.floor(validFromDate.getTime() / 1000)),
      inclusionPromise: { signedEntryTimestamp: Buffer.alloc(0) },
      inclusionProof: undefined,
      canonicalizedBody: Buffer.alloc(0),
    },
  };
}
