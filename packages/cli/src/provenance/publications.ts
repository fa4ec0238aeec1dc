import { parseTrustedRoot, SigstoreError, type SigstoreRoot, verifySigstoreBundle } from '@danube/sigstore';
import type { Evidence, EvidenceItem, NpmPackage, PublicationProof, TrustRoot } from '@danube/verifier';
import { encodeJson } from 'in-toto-attestation';
import { readRoot } from './certificates.ts';

/**
 * What the Sigstore root (or the instances of the trust root) proves of each bundle that a key of the registry signed:
 * that a log of it holds the signature, and since when.
 *
 * @throws CliError ERR_USAGE when the root cannot be used.
 */
export function provePublications(
  evidence: Evidence,
  npmPackage: NpmPackage,
  rootPath: string | undefined,
  trustRoot: TrustRoot | undefined,
): Map<EvidenceItem, PublicationProof> {
  const instances = trustRoot?.sigstore?.map(({ trustedRoot }) => parseTrustedRoot(encodeJson(trustedRoot)));
  const roots = rootPath === undefined ? (instances ?? []) : [readRoot(rootPath)];
  return proveByRoots(evidence, npmPackage, roots);
}

/** The same by roots that were read. */
export function proveByRoots(
  { items }: Evidence,
  npmPackage: NpmPackage,
  roots: readonly SigstoreRoot[],
): Map<EvidenceItem, PublicationProof> {
  return new Map(
    items.flatMap((item): [EvidenceItem, PublicationProof][] =>
      item.bundle?.verificationMaterial.publicKey === undefined
        ? []
        : [[item, prove(item.bundle, npmPackage, roots)]],
    ),
  );
}

type Bundle = Parameters<typeof verifySigstoreBundle>[0];

/** The first root and key that prove it; otherwise why the last did not. */
function prove(
  bundle: Bundle,
  { registryKeys }: NpmPackage,
  roots: readonly SigstoreRoot[],
): PublicationProof {
  let reason = 'no Sigstore root says which logs are trusted';
  for (const root of roots) {
    for (const { publicKey } of registryKeys) {
      try {
        return { times: verifySigstoreBundle(bundle, root, { publicKey }).times };
      } catch (error) {
        if (!(error instanceof SigstoreError)) throw error;
        reason = error.message;
      }
    }
  }
  return { reason };
}
