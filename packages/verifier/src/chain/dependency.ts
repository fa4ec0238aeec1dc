import { formatImageReference } from '@danube/artifact/image-reference';
import { ACCEPTED, type DigestSet, digestOf, type ResourceDescriptor } from 'in-toto-attestation';
import { imageOf, withoutRef } from '../documents/policy/dependency-constraints.ts';
import { parsePackage } from '../documents/policy/selectors.ts';
import type { ArtifactInput } from '../matching.ts';

/** A dependency as provenance names it, read once. */
export interface Dependency {
  readonly uri: string | undefined;
  readonly name: string | undefined;
  readonly digest: DigestSet;
  /** What it is held against attestations by; `undefined` when it has no digest that decides anything. */
  readonly by: 'digest' | 'commit' | undefined;
  /** The same for the same thing of the same name: two of one key are judged alike. */
  readonly key: string;
}

export function readDependency({ uri, name, digest = {} }: ResourceDescriptor): Dependency {
  const hasDigest = ACCEPTED.some((algorithm) => digestOf(digest, algorithm) !== undefined);
  const hasCommit = digestOf(digest, 'gitCommit') !== undefined;
  const by = hasDigest ? 'digest' : hasCommit ? 'commit' : undefined;
  const digests = Object.keys(digest)
    .sort()
    .map((algorithm) => [algorithm, digest[algorithm]]);
  return { uri, name, digest, by, key: JSON.stringify([uri ?? null, name ?? null, digests]) };
}

/** The dependency as something that is judged. Policies select it by what its URI says it is; without one, by its name. */
export function toArtifact({ uri, name, digest }: Dependency): ArtifactInput {
  const artifact = { name: uri ?? name ?? 'a dependency without a name', digest };
  const image = imageOf(uri);
  if (image === 'unreadable') return artifact;
  if (image !== undefined) return { ...artifact, image: formatImageReference(image) };
  if (uri?.startsWith('pkg:') !== true || parsePackage(uri) === undefined) return artifact;
  return { ...artifact, packageUrl: uri };
}

/**
 * What a verification summary has to be about. The summary of a commit is about its repository, whatever ref it was
 * fetched by (SLSA 1.2, source-requirements.md, source verification summary attestation).
 */
export function resourceOf({ uri, by }: Dependency): string | undefined {
  return by === 'commit' && uri !== undefined ? withoutRef(uri) : uri;
}
