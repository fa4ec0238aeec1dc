import { type HashAlgorithm, type HashedFile, hashFile, hashFiles, hashPaths } from '@danube/artifact';
import type { ArtifactInput } from '@danube/verifier';
import { join } from 'node:path';
import { DanubeError } from 'in-toto-attestation';
import { startProgress } from '../progress.ts';
import type { FileTarget, Problem } from './targets.ts';

interface Hashed {
  /** In the order of the targets. */
  readonly artifacts: readonly ArtifactInput[];
  readonly problems: readonly Problem[];
}

type Digests = Map<FileTarget, HashedFile['digest'] | DanubeError>;

/** Hashes each file once. One that cannot be read is a problem of its own and keeps no other from being hashed. */
export async function hashTargets(
  targets: readonly FileTarget[],
  algorithms: readonly HashAlgorithm[],
): Promise<Hashed> {
  const digests: Digests = new Map();
  for (const group of Map.groupBy(targets, folderOf).values()) await hashGroup(group, algorithms, digests);
  const artifacts: ArtifactInput[] = [];
  const problems: Problem[] = [];
  for (const target of targets) {
    const { name, fromDirectory } = target;
    const digest = digests.get(target);
    if (digest instanceof DanubeError) problems.push({ name, error: digest });
    else if (digest !== undefined)
      artifacts.push(fromDirectory ? { name, digest, fromDirectory } : { name, digest });
  }
  return { artifacts, problems };
}

/** The directory that a file was met in; files that the caller named are hashed together, wherever they are. */
function folderOf({ root, fromDirectory }: FileTarget): string | undefined {
  return fromDirectory ? root : undefined;
}

/** Together, which uses all cores; one by one when a file of the group cannot be read. */
async function hashGroup(
  group: readonly FileTarget[],
  algorithms: readonly HashAlgorithm[],
  digests: Digests,
): Promise<void> {
  const progress = startProgress('hashing');
  try {
    const options = { algorithms, ...(progress.isSeen && { onProgress: progress.update }) };
    const [first] = group;
    const files =
      first?.fromDirectory === true
        ? await hashFiles(
            first.root,
            group.map(({ nameInRoot }) => nameInRoot),
            options,
          )
        : await hashPaths(group.map(pathOf), options);
    group.forEach((target, index) => {
      const file = files[index];
      if (file !== undefined) digests.set(target, file.digest);
    });
  } catch (error) {
    if (!(error instanceof DanubeError)) throw error;
    for (const target of group) digests.set(target, await hashOne(target, algorithms));
  } finally {
    progress.end();
  }
}

function pathOf({ root, nameInRoot }: FileTarget): string {
  return join(root, nameInRoot);
}

async function hashOne(
  target: FileTarget,
  algorithms: readonly HashAlgorithm[],
): Promise<HashedFile['digest'] | DanubeError> {
  try {
    return (await hashFile(pathOf(target), { algorithms })).digest;
  } catch (error) {
    if (error instanceof DanubeError) return error;
    throw error;
  }
}
