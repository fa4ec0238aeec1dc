import assert from 'node:assert/strict';
import { hashFiles, listFiles, parseChecksums } from '@danube/artifact';
import { readPublicKeyFile } from '@danube/keys/file';
import {
  digestAlgorithms,
  evaluateProvenance,
  ExpectationError,
  loadEvidence,
  VerificationError,
  verifyProvenance,
  type ArtifactInput,
  type Evidence,
  type Follow,
  type OpenedTrustRoot,
  type Policy,
  type Verification,
} from '@danube/verifier';
import { followDependencies } from '@danube/verifier/chain';
import {
  openPlainTrustRoot,
  parseLock,
  parsePolicy,
  openSignedTrustRoot,
  readTrustRootEnvelope,
  refuseRollback,
  type RememberedTrustRoot,
} from '@danube/verifier/documents';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerifyArtifacts, VerifyExpectations } from '../../vectors/case-format.ts';
import { proveCertificates } from '../../../packages/cli/src/provenance/certificates.ts';
import { openPackage, type PackageCase } from '../../../packages/cli/src/provenance/npm-package.ts';
import { provePublications } from '../../../packages/cli/src/provenance/publications.ts';
import { proveByRoot } from '../../../packages/cli/src/provenance/trust-root-proofs.ts';
import { assertReport } from './expect-report.ts';
import type { StoredCase } from './cases.ts';

/** A time at which every case without a clock of its own holds. */
const ANY_TIME = '2026-06-01T00:00:00Z';

/** Judges a case as a user of the library does, and fails unless the outcome is the expected one. */
export async function verifyByLibrary({ folder, content }: StoredCase<'verify'>): Promise<void> {
  const { expect } = content;
  if (expect.verdict === 'refused') {
    await assert.rejects(
      async () => evaluateProvenance(await openVerification(folder, content)),
      (error: unknown) => error instanceof ExpectationError && error.field === expect.expectation,
    );
    return;
  }
  const verification = await openVerification(folder, content);
  assertReport(evaluateProvenance(verification), expect);
  assertThrows(verification, expect.verdict);
}

/** Whoever ignores the report must still not get past a rejection. */
function assertThrows(verification: Verification, verdict: 'accepted' | 'rejected'): void {
  if (verdict === 'accepted') verifyProvenance(verification);
  else assert.throws(() => verifyProvenance(verification), VerificationError);
}

/** The verification that a case describes. */
export async function openVerification(
  folder: string,
  content: StoredCase<'verify'>['content'],
): Promise<Verification> {
  const evidence = loadEvidence(
    content.evidence.map((path) => ({ path, bytes: readFileSync(join(folder, path)) })),
  );
  const { publicKeys, sigstoreRoot, policies, lockfile, as, verifierId, resourceUri, ...others } =
    content.expectations;
  const found = await openNpmPackage(folder, content);
  const trust = openTrustRoot(folder, content.expectations);
  const root = trust.trustRoot?.root;
  return {
    evidence,
    artifacts:
      found === undefined
        ? called(await openArtifacts(folder, content.artifacts, evidence), as)
        : [found.artifact],
    expectations: {
      ...withoutOpening(others),
      publicKeys: found === undefined ? publicKeys.map((path) => readPublicKeyFile(join(folder, path))) : [],
      ...(found === undefined ? {} : { npmPackage: found.npmPackage }),
      ...(verifierId !== undefined && resourceUri !== undefined && { summary: { verifierId, resourceUri } }),
      ...trust,
      ...openFollow(folder, content.expectations),
      ...(lockfile === undefined ? {} : { lock: parseLock(readFileSync(join(folder, lockfile))) }),
      ...(policies === undefined
        ? {}
        : { policies: policies.map((path) => parsePolicy(readFileSync(join(folder, path)))) }),
    },
    now: new Date(content.now ?? ANY_TIME),
    ...(sigstoreRoot === undefined
      ? {}
      : { certificates: proveCertificates(evidence, join(folder, sigstoreRoot)) }),
    ...(root === undefined ? {} : proveByRoot(evidence, root)),
    ...(found === undefined
      ? {}
      : { publications: provePublications(evidence, found.npmPackage, pathIn(folder, sigstoreRoot), root) }),
  };
}

/** How dependencies are followed, as a user of the library says it. */
function openFollow(
  folder: string,
  { follow: depth, followAll = false, followPolicies = [], dependencyEvidence = [] }: VerifyExpectations,
): { readonly follow?: Follow } {
  if (depth === undefined) return {};
  const read = (path: string): Uint8Array => readFileSync(join(folder, path));
  const policies = new Map<number, Policy[]>();
  for (const text of followPolicies) {
    const [level = '', path = ''] = text.split('=');
    policies.set(Number(level), [...(policies.get(Number(level)) ?? []), parsePolicy(read(path))]);
  }
  const evidence = loadEvidence(dependencyEvidence.map((path) => ({ path, bytes: read(path) })));
  return { follow: followDependencies({ depth, all: followAll, evidence, policies }) };
}

function pathIn(folder: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : join(folder, path);
}

async function openNpmPackage(
  folder: string,
  { artifacts, evidence, expectations }: StoredCase<'verify'>['content'],
): Promise<PackageCase | undefined> {
  if (typeof artifacts === 'string' || !('package' in artifacts)) return undefined;
  const file =
    'tarball' in artifacts
      ? { tarball: join(folder, artifacts.tarball) }
      : { packageLock: join(folder, artifacts.packageLock) };
  return openPackage([artifacts.package], {
    ...file,
    provenance: evidence.map((path) => join(folder, path)),
    publicKey: expectations.publicKeys.map((path) => join(folder, path)),
    ...(expectations.sigstoreRoot !== undefined && { sigstoreRoot: join(folder, expectations.sigstoreRoot) }),
    ...(expectations.plainTrustRoot !== undefined && {
      plainTrustRoot: join(folder, expectations.plainTrustRoot),
    }),
    extra: true,
    missing: true,
    format: 'json',
  });
}

/** The artifacts as the case calls them. */
function called(artifacts: Verification['artifacts'], name: string | undefined): Verification['artifacts'] {
  if (name === undefined || artifacts === 'provenance-only') return artifacts;
  const identity = name.startsWith('pkg:') ? { packageUrl: name } : { image: name };
  return artifacts.map((artifact) => ({ ...artifact, ...identity }));
}

/** What says where the trust root is, how it is vouched for, and what is followed: no expectations of the verifier's own. */
const OPENING = (
  'trustRoot trustRootKeys trustRootThreshold plainTrustRoot trustState ' +
  'follow followAll followPolicies dependencyEvidence'
).split(' ');

function withoutOpening(expectations: object): object {
  return Object.fromEntries(Object.entries(expectations).filter(([field]) => !OPENING.includes(field)));
}

/** The trust root of a case, opened as a user of the library does. */
function openTrustRoot(
  folder: string,
  { trustRoot, trustRootKeys = [], trustRootThreshold, plainTrustRoot, trustState }: VerifyExpectations,
): { readonly trustRoot?: OpenedTrustRoot } {
  const path = trustRoot ?? plainTrustRoot;
  if (path === undefined) return {};
  const bytes = readFileSync(join(folder, path));
  if (trustRoot === undefined) return { trustRoot: openPlainTrustRoot(bytes) };
  const keys = trustRootKeys.map((key) => readPublicKeyFile(join(folder, key)));
  const opened = openSignedTrustRoot(bytes, keys, trustRootThreshold);
  if (trustState === undefined) return { trustRoot: opened };
  const remembered = JSON.parse(readFileSync(join(folder, trustState), 'utf8')) as RememberedTrustRoot;
  const sha256 = createHash('sha256').update(readTrustRootEnvelope(bytes).payload).digest('hex');
  return { trustRoot: refuseRollback(opened, sha256, remembered) };
}

async function openArtifacts(
  folder: string,
  artifacts: VerifyArtifacts,
  evidence: Evidence,
): Promise<Verification['artifacts']> {
  if (artifacts === 'provenance-only') return artifacts;
  if ('package' in artifacts) throw new Error('a package is opened by itself');
  if ('files' in artifacts) return hash(folder, artifacts.files, evidence);
  if ('checksums' in artifacts) return readChecksums(join(folder, artifacts.checksums));
  if ('digests' in artifacts) return artifacts.digests.map(readDigest);
  const directory = join(folder, artifacts.directory);
  const files = await hash(directory, listFiles(directory), evidence);
  return files.map((file) => ({ ...file, fromDirectory: true }));
}

async function hash(folder: string, names: readonly string[], evidence: Evidence): Promise<ArtifactInput[]> {
  const algorithms = digestAlgorithms(evidence) as ('sha256' | 'sha384' | 'sha512')[];
  const files = await hashFiles(folder, names, { algorithms });
  return files.map(({ name, digest }) => ({ name, digest }));
}

function readChecksums(path: string): ArtifactInput[] {
  return parseChecksums(readFileSync(path)).map(({ name, digest }) => ({ name, digest }));
}

function readDigest(text: string): ArtifactInput {
  const [algorithm = '', hex = ''] = text.split(':');
  return { name: text, digest: { [algorithm]: hex } };
}
