import { realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { readOciLayout, type HashOptions, type OciImage } from '@danube/artifact';
import { formatDigest } from './digest.ts';
import { JobError } from './errors.ts';
import type { JobRecord } from './job-record.ts';
import type { Artifact } from './outputs.ts';

/**
 * The images in the OCI layouts that the record declares, checked blob by blob.
 *
 * @throws {JobError} `ERR_JOB_OUTPUT` when a layout is not below `dir`.
 * @throws {ArtifactError} for a layout that is malformed or does not hold what it says.
 */
export async function collectLayouts(
  { artifacts }: JobRecord,
  dir: string,
  options: Omit<HashOptions, 'algorithms'>,
): Promise<Artifact[]> {
  const found: Artifact[] = [];
  for (const [index, path] of (artifacts.ociLayouts ?? []).entries()) {
    const images = await readOciLayout(findFolder(dir, path, `/artifacts/ociLayouts/${index}`), options);
    found.push(...images.map((image) => ({ name: nameImage(path, image, images), digest: image.digest })));
  }
  return found;
}

/** By the layout's path; where it holds several images, also by their names in it, or else by their digests. */
function nameImage(path: string, image: OciImage, images: readonly OciImage[]): string {
  if (images.length === 1) return path;
  const isOnly = images.filter(({ name }) => name === image.name).length === 1;
  if (image.name !== undefined && isOnly) return `${path}:${image.name}`;
  return `${path}@${formatDigest(image.digest)}`;
}

/** The real path of a folder below `dir`; what a link leads to elsewhere was not made by the job. */
function findFolder(dir: string, path: string, pointer: string): string {
  const folder = realPath(join(dir, path));
  const root = realPath(dir);
  if (folder !== undefined && root !== undefined && folder.startsWith(root + sep)) return folder;
  const message = `expected a folder ${JSON.stringify(path)} in ${JSON.stringify(dir)}, found none`;
  throw new JobError('ERR_JOB_OUTPUT', pointer, message);
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // whatever the reason is, there is no folder to read
  }
}
