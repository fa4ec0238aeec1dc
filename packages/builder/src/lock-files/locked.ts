import type { DigestSet } from 'in-toto-attestation';
import { PackageURL } from 'packageurl-js';
import { gitUri } from '../adapters/git.ts';

/** One thing that a lock file pins, as an in-toto ResourceDescriptor. Without a digest where the lock file has none. */
export interface LockedDependency {
  readonly name?: string;
  /** A package URL; for what comes from Git, the repository. */
  readonly uri: string;
  readonly digest?: DigestSet;
  /** Where it is fetched from, when that is not the registry that the package URL stands for. */
  readonly downloadLocation?: string;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

type Qualifiers = Readonly<Record<string, string>>;

/** A package URL (purl-spec) by type, name with its namespace before the last `/`, and version. */
export function purl(
  type: string,
  fullName: string,
  version: string | undefined,
  qualifiers?: Qualifiers,
  subpath?: string,
): string {
  const slash = fullName.lastIndexOf('/');
  const namespace = slash === -1 ? undefined : fullName.slice(0, slash);
  return new PackageURL(type, namespace, fullName.slice(slash + 1), version, qualifiers, subpath).toString();
}

const HEX_LENGTHS: Readonly<Record<string, number>> = {
  sha1: 40,
  sha256: 64,
  sha384: 96,
  sha512: 128,
  md5: 32,
};

/** A digest in hex, or undefined for what is none of its algorithm. */
export function hexDigest(algorithm: string, hex: string): DigestSet | undefined {
  const name = algorithm.toLowerCase().replace('-', '');
  const value = hex.toLowerCase();
  return HEX_LENGTHS[name] === value.length && /^[0-9a-f]+$/.test(value) ? { [name]: value } : undefined;
}

/** A digest in base64, as hex. */
export function base64Digest(algorithm: string, text: string): string | undefined {
  const length = HEX_LENGTHS[algorithm];
  if (length === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const hex = Buffer.from(text, 'base64').toString('hex');
  return hex.length === length ? hex : undefined;
}

/**
 * The digests of an integrity string (W3C Subresource Integrity): several algorithms are one set. Several digests of one
 * algorithm mean that any of them will do, and are sets of their own. Undefined for what is no integrity string.
 */
export function integrityDigests(integrity: string): DigestSet[] | undefined {
  const sets: Record<string, string>[] = [];
  for (const entry of integrity.trim().split(/\s+/)) {
    const [, algorithm = '', base64 = ''] = /^(sha1|sha256|sha384|sha512|md5)-([^?]+)/.exec(entry) ?? [];
    const hex = base64Digest(algorithm, base64);
    if (hex === undefined) return undefined;
    const free = sets.find((set) => !Object.hasOwn(set, algorithm));
    if (free === undefined) sets.push({ [algorithm]: hex });
    else free[algorithm] = hex;
  }
  return sets;
}

/** A dependency from Git at a commit: `git+https://host/path#COMMIT` and forms like it. */
export function gitDependency(name: string, remote: string, commit: string): LockedDependency | undefined {
  const uri = gitUri(remote);
  if (uri === undefined || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) return undefined;
  return { name, uri, digest: { gitCommit: commit } };
}

/** A download location without credentials and query, when it is not one of the registries' own. */
export function otherLocation(url: string | undefined, registries: readonly string[]): string | undefined {
  const parsed = url === undefined ? null : URL.parse(url);
  if (parsed === null || !['https:', 'http:'].includes(parsed.protocol)) return undefined;
  if (registries.includes(parsed.host)) return undefined;
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}

/** The same dependency with each of several digests, or without one. */
export function withDigests(
  dependency: Omit<LockedDependency, 'digest'>,
  digests: readonly DigestSet[],
): LockedDependency[] {
  return digests.length === 0 ? [dependency] : digests.map((digest) => ({ ...dependency, digest }));
}
