import type {
  ArtifactInput,
  Evidence,
  EvidenceFile,
  EvidenceItem,
  Expectations,
  NpmPackage,
  PublicationProof,
} from '@danube/verifier';
import { type HashAlgorithm, hashFile } from '@danube/artifact';
import { LOCK_FILE_LIMITS, readLockFile } from '@danube/builder';
import { digestAlgorithms, loadEvidence, npmPackageUrl } from '@danube/verifier';
import type { DigestSet } from 'in-toto-attestation';
import { parsePackage } from '@danube/verifier/documents';
import { usageError } from '../exit-code.ts';
import { readInput } from '../file.ts';
import { expandEvidence, findBeside, readEvidence } from './evidence-files.ts';
import { provePublications } from './publications.ts';
import { readRegistryKeys } from './registry-keys.ts';
import { namesTrustRoot } from './trust-root-options.ts';
import type { VerifyOptions } from './verify.ts';

/** What is judged of a package, and what else its verification needs. */
export interface PackageCase {
  readonly evidence: readonly EvidenceFile[];
  readonly artifact: ArtifactInput;
  readonly npmPackage: NpmPackage;
}

/**
 * Opens a package: its tarball or what a lock file pins, its attestations, the keys of its registry.
 *
 * @throws CliError ERR_USAGE for what says nothing of one package; ERR_IO
 */
export async function openPackage(paths: readonly string[], options: VerifyOptions): Promise<PackageCase> {
  refuseOthers(options);
  const [url = '', ...others] = paths;
  if (others.length > 0)
    throw usageError('one package is judged at a time, by itself', 'call it once for each package');
  const named = readPackageUrl(url);
  if (options.publicKey === undefined) {
    throw usageError(
      "no --public-key is given, so nothing the package's registry says can be trusted",
      'npm answers its keys at https://registry.npmjs.org/-/npm/v1/keys',
    );
  }
  if (options.sigstoreRoot === undefined && !namesTrustRoot(options)) {
    throw usageError(
      'nothing says which workflow may have built the package; the keys of its registry say that it was published',
      'add --sigstore-root, --certificate-identity and --certificate-issuer, or a trust root',
    );
  }
  const registryKeys = options.publicKey.flatMap(readRegistryKeys);
  const name = npmPackageUrl(named);
  const evidence = readEvidenceOf(options);
  const digest = await digestOf(name, evidence, options);
  return {
    evidence,
    artifact: { name, digest, packageUrl: name },
    npmPackage: { ...named, registryKeys },
  };
}

/** What can be proven of the registry's publish attestation. */
export function provePackage(
  evidence: Evidence,
  { npmPackage }: PackageCase,
  rootPath: string | undefined,
  { trustRoot }: Expectations,
): Map<EvidenceItem, PublicationProof> {
  return provePublications(evidence, npmPackage, rootPath, trustRoot?.root);
}

function refuseOthers({ digest, checksums, job, as, store }: VerifyOptions): void {
  if (store !== undefined)
    throw usageError('--store finds nothing about packages; name files by --provenance');
  if (as !== undefined) throw usageError('--as is for files; a package is what its package URL says');
  if (digest === undefined && checksums === undefined && job === undefined) return;
  throw usageError(
    '--digest, --checksums and --job are for files, and files and packages are not judged together',
  );
}

function readPackageUrl(text: string): Pick<NpmPackage, 'name' | 'version'> {
  const found = parsePackage(text);
  if (found === undefined) throw usageError(`${text} is no package URL`);
  if (found.type !== 'npm') throw usageError(`${text}: packages of npm are judged, pkg:npm/NAME@VERSION`);
  if (found.version === undefined || /[?#]/.test(text))
    throw usageError(`${text}: expected pkg:npm/NAME@VERSION, with the exact version and nothing behind it`);
  return { name: found.path, version: found.version };
}

function readEvidenceOf({ provenance, tarball }: VerifyOptions): EvidenceFile[] {
  if (provenance !== undefined) return [...new Set(provenance.flatMap(expandEvidence))].map(readEvidence);
  if (tarball !== undefined) return findBeside([tarball]).map(readEvidence);
  throw usageError(
    'nothing says where the attestations of the package are',
    'add --provenance FILE, with what https://registry.npmjs.org/-/npm/v1/attestations/NAME@VERSION answers',
  );
}

async function digestOf(
  url: string,
  evidence: readonly EvidenceFile[],
  { tarball, packageLock }: VerifyOptions,
): Promise<DigestSet> {
  if (tarball !== undefined && packageLock !== undefined)
    throw usageError('--tarball and --package-lock both say what the package is; give one');
  if (packageLock !== undefined) return lockedDigest(url, packageLock);
  if (tarball === undefined)
    throw usageError('a package is named, and no file of it', 'add --tarball FILE or --package-lock FILE');
  const algorithms = digestAlgorithms(loadEvidence(evidence)).filter((name): name is HashAlgorithm =>
    /^sha(?:256|384|512)$/.test(name),
  );
  return (await hashFile(tarball, { algorithms })).digest;
}

/** What is installed is what the lock file pins: every entry of the package must pin the same tarball, by SHA-512. */
function lockedDigest(url: string, path: string): DigestSet {
  const locked = readLockFile(path, readInput(path, LOCK_FILE_LIMITS.bytes)).flatMap(({ uri, digest }) => {
    const found = parsePackage(uri);
    if (found?.type !== 'npm' || found.version === undefined) return [];
    return [{ url: npmPackageUrl({ name: found.path, version: found.version }), sha512: digest?.['sha512'] }];
  });
  const entries = locked.filter((entry) => entry.url === url);
  const digests = new Set(entries.map(({ sha512 }) => sha512 ?? ''));
  const [sha512] = digests;
  if (sha512 === undefined) throw usageError(`${path} pins no ${url}`, hintOfOthers(locked, url));
  if (digests.has('')) throw usageError(`${path} pins ${url} without a SHA-512 digest`);
  if (digests.size > 1) throw usageError(`${path} pins ${digests.size} different tarballs as ${url}`);
  return { sha512 };
}

/** Which versions of the package there are instead. */
function hintOfOthers(locked: readonly { readonly url: string }[], url: string): string | undefined {
  const name = url.slice(0, url.lastIndexOf('@') + 1);
  const others = [...new Set(locked.map((entry) => entry.url))].filter((other) => other.startsWith(name));
  return others.length === 0 ? undefined : `it pins ${others.slice(0, SHOWN).join(', ')}`;
}

const SHOWN = 5;
