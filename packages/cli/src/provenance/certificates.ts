import {
  type CertificateSigner,
  hasCertificate,
  parseTrustedRoot,
  SigstoreError,
  type SigstoreErrorCode,
  type SigstoreRoot,
  verifySigstoreBundle,
  verifyUnloggedEnvelope,
} from '@danube/sigstore';
import type { CertificateProof, Evidence, EvidenceItem } from '@danube/verifier';
import { MalformedError } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { readUpTo } from '../file.ts';

/** More than any trusted root has. */
const ROOT_BYTES = 1_048_576;

/**
 * What the Sigstore root proves of each attestation's certificate. The verifier decides what to make of it.
 *
 * @throws CliError ERR_USAGE when the root cannot be used.
 */
export function proveCertificates(evidence: Evidence, rootPath: string): Map<EvidenceItem, CertificateProof> {
  const root = readRoot(rootPath);
  const proofs = new Map<EvidenceItem, CertificateProof>();
  for (const item of evidence.items) {
    const proof = proveCertificate(item, root);
    if (proof !== undefined) proofs.set(item, proof);
  }
  return proofs;
}

function readRoot(path: string): SigstoreRoot {
  try {
    return parseTrustedRoot(readUpTo(path, ROOT_BYTES));
  } catch (error) {
    if (error instanceof SigstoreError)
      throw usageError(`--sigstore-root ${path}: ${error.message}`, error.hint);
    throw error;
  }
}

/** The proof of one attestation; `undefined` when a key signed it. */
export function proveCertificate(
  { envelope, bundle }: EvidenceItem,
  root: SigstoreRoot,
): CertificateProof | undefined {
  if (envelope instanceof MalformedError) return undefined;
  try {
    if (bundle === undefined) {
      return hasCertificate(envelope) ? proofOf(verifyUnloggedEnvelope(envelope, root)) : undefined;
    }
    if (bundle.verificationMaterial.publicKey !== undefined) return undefined;
    const signer = verifySigstoreBundle(bundle, root);
    return signer.kind === 'certificate' ? proofOf(signer) : undefined;
  } catch (error) {
    if (!(error instanceof SigstoreError)) throw error;
    return {
      unproven: LOG_ERRORS.includes(error.code) ? 'transparency' : 'signature',
      reason: error.message,
    };
  }
}

const LOG_ERRORS: readonly SigstoreErrorCode[] = ['ERR_SIGSTORE_TRANSPARENCY', 'ERR_SIGSTORE_TIME'];

function proofOf({ certificateSha256, ...signer }: CertificateSigner): CertificateProof {
  return { signer: { ...signer, fingerprint: `sha256:${certificateSha256}` } };
}
