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
import type { CertificateProof, Evidence, EvidenceItem, TrustRoot } from '@danube/verifier';
import { encodeJson, type JsonObject, MalformedError } from 'in-toto-attestation';
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
  return proveEach(evidence, (item) => proveCertificate(item, root));
}

/**
 * The same by the Sigstore instances that a trust root names.
 *
 * @throws CliError ERR_USAGE when one of them cannot be used.
 */
export function proveByTrustRoot(
  evidence: Evidence,
  { sigstore = [] }: TrustRoot,
): Map<EvidenceItem, CertificateProof> {
  const roots = sigstore.map(({ name, trustedRoot }) => ({ name, root: parseNamedRoot(name, trustedRoot) }));
  return proveEach(evidence, (item) => {
    const proofs = roots.map(({ name, root }) => ({ name, proof: proveCertificate(item, root) }));
    const proven = proofs.filter(({ proof }) => proof?.signer !== undefined);
    const signer = proven[0]?.proof?.signer;
    if (signer === undefined) return proofs[0]?.proof;
    return { signer: { ...signer, sigstore: proven.map(({ name }) => name) } };
  });
}

function parseNamedRoot(name: string, trustedRoot: JsonObject): SigstoreRoot {
  try {
    return parseTrustedRoot(encodeJson(trustedRoot));
  } catch (error) {
    if (error instanceof SigstoreError)
      throw usageError(`the trust root, Sigstore ${name}: ${error.message}`);
    throw error;
  }
}

function proveEach(
  { items }: Evidence,
  prove: (item: EvidenceItem) => CertificateProof | undefined,
): Map<EvidenceItem, CertificateProof> {
  const proofs = new Map<EvidenceItem, CertificateProof>();
  for (const item of items) {
    const proof = prove(item);
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
