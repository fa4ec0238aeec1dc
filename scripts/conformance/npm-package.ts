import { proveCertificate, type SigstoreRoot } from '@danube/sigstore';
import {
  type CertificateProof,
  evaluateProvenance,
  type Evidence,
  type EvidenceItem,
  type Expectations,
  loadEvidence,
  npmPackageUrl,
  type RegistryKey,
  type Report,
} from '@danube/verifier';
import { parsePackage } from '@danube/verifier/documents';
import { type DigestSet, MalformedError } from 'in-toto-attestation';
import { proveByRoots } from '../../packages/cli/src/provenance/publications.ts';

/** The issuer of the certificates of workflows on GitHub. */
export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';
const NOW = new Date('2026-06-01T00:00:00Z');
const PROVENANCE = /^https:\/\/slsa\.dev\/provenance\//;

/** A package, the answer of its registry, and what is asked of it; what is left out is as the provenance has it. */
export interface PackageQuestion {
  readonly files: readonly Uint8Array[];
  readonly root: SigstoreRoot;
  readonly registryKeys: readonly RegistryKey[];
  readonly certificateIdentity: string;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly digest?: DigestSet;
  readonly expectations?: Partial<Expectations>;
}

/** Judges a package as `danube provenance verify pkg:npm/NAME@VERSION` does. */
export function judgePackage(question: PackageQuestion): Report {
  const { files, root, registryKeys, certificateIdentity } = question;
  const evidence = loadEvidence(files.map((bytes, index) => ({ path: `answer-${index}`, bytes })));
  const claimed = claimedPackage(evidence);
  const { name = claimed.name, version = claimed.version, digest = claimed.digest } = question;
  const npmPackage = { name, version, registryKeys };
  const certificates = new Map<EvidenceItem, CertificateProof>();
  for (const item of evidence.items) {
    const proof = proveCertificate(item, root);
    if (proof !== undefined) certificates.set(item, proof);
  }
  return evaluateProvenance({
    evidence,
    artifacts: [{ name: npmPackageUrl(npmPackage), digest }],
    expectations: {
      publicKeys: [],
      certificateIdentity,
      certificateIssuer: GITHUB_ISSUER,
      ...question.expectations,
      npmPackage,
    },
    now: NOW,
    certificates,
    publications: proveByRoots(evidence, npmPackage, [root]),
  });
}

interface ClaimedPackage {
  readonly name: string;
  readonly version: string;
  readonly digest: DigestSet;
}

/** The package that the provenance says it is about, for cases that do not say which one they ask for. */
function claimedPackage({ items }: Evidence): ClaimedPackage {
  for (const item of items) {
    const statement = item.statement();
    if (statement instanceof MalformedError || !PROVENANCE.test(statement.predicateType)) continue;
    const [subject] = statement.subject;
    const found = parsePackage(subject?.name ?? '');
    if (subject !== undefined && found?.version !== undefined)
      return { name: found.path, version: found.version, digest: subject.digest };
  }
  return { name: 'unknown', version: '0.0.0', digest: { sha256: '0'.repeat(64) } };
}
