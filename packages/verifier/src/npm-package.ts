import type { PublicKey } from '@danube/keys';
import { encodeHex } from 'in-toto-attestation';
import type { ProvenTime } from './signing-time.ts';

/** A package of npm, and whose word it takes that its registry published it. */
export interface NpmPackage {
  /** With its scope: `@shop/app`. */
  readonly name: string;
  /** The exact version, `1.2.0`. */
  readonly version: string;
  /** The registry's keys, each once; they sign publish attestations, and nothing else counts by them. */
  readonly registryKeys: readonly RegistryKey[];
}

/** A key of a registry (docs.npmjs.com, "About ECDSA registry signatures"). */
export interface RegistryKey {
  readonly publicKey: PublicKey;
  /** What it signed counts when it did so before; absent: the registry names no end. */
  readonly expires?: Date;
}

/** What was found out about a bundle that a key of the registry signed: when it was logged, or why nothing is proven. */
export type PublicationProof =
  { readonly times: readonly ProvenTime[]; readonly reason?: undefined } | { readonly reason: string };

/** The package URL as npm writes it into subjects: only the scope's `@` is encoded. */
export function npmPackageUrl({ name, version }: Pick<NpmPackage, 'name' | 'version'>): string {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
}

const NAME = /^(?:@[a-z0-9~_-][a-z0-9._~-]*\/)?[a-z0-9~_-][a-z0-9._~-]*$/i;
const VERSION = /^[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** What is wrong with a package that a caller put together; `undefined` when nothing is. */
export function npmPackageProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'must be { name, version, registryKeys }';
  const { name, version, registryKeys } = value as Partial<Record<keyof NpmPackage, unknown>>;
  if (typeof name !== 'string' || !NAME.test(name)) return 'needs the name of a package, with its scope';
  if (typeof version !== 'string' || !VERSION.test(version)) return 'needs an exact version, such as 1.2.0';
  if (!Array.isArray(registryKeys) || registryKeys.length === 0)
    return 'needs at least one key of the registry: without a key nothing can be trusted';
  if (!registryKeys.every(isRegistryKey)) return 'needs keys as parsePublicKey of @danube/keys returns them';
  const distinct = new Set(registryKeys.map(({ publicKey }) => encodeHex(publicKey.spki)));
  return distinct.size < registryKeys.length ? 'names a key of the registry twice' : undefined;
}

function isRegistryKey(value: unknown): value is RegistryKey {
  if (typeof value !== 'object' || value === null) return false;
  const { publicKey, expires } = value as { publicKey?: Partial<PublicKey> | null; expires?: unknown };
  const isDate = expires instanceof Date && !Number.isNaN(expires.getTime());
  return publicKey?.spki instanceof Uint8Array && (expires === undefined || isDate);
}
