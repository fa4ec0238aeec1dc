import { hashFiles, type HashAlgorithm, type HashOptions } from '@danube/artifact';
import { findArtifacts } from './declared.ts';
import { collectEvidence } from './evidence.ts';
import type { JobRecord } from './job-record.ts';
import { collectLayouts } from './oci-layouts.ts';
import type { JobOutputs } from './outputs.ts';

export interface CollectOptions {
  /** Digests to take besides sha256. */
  readonly algorithms?: readonly HashAlgorithm[] | undefined;
  /** Folder of the logs and policy files that the record names. Default: the artifact folder. */
  readonly logsDir?: string | undefined;
  /** Names below the artifact folder that are no artifacts although a pattern matches them, such as older provenance. */
  readonly exclude?: ((name: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called as bytes are hashed, first of the logs, then of the artifacts; see `HashOptions`. */
  readonly onProgress?: HashOptions['onProgress'];
}

/**
 * Finds and hashes what the record declares: files and OCI layouts below `artifactsDir`, logs and the egress policy
 * below `logsDir`.
 *
 * @throws {JobError} `ERR_JOB_OUTPUT` when something declared is not there, or not what the record says it is.
 * @throws {ArtifactError} for what may not be attested, such as a link that leaves the folder.
 * @throws the signal's reason when it is aborted
 */
export async function collectOutputs(
  record: JobRecord,
  artifactsDir: string,
  options: CollectOptions = {},
): Promise<JobOutputs> {
  const hashing = { signal: options.signal, onProgress: options.onProgress };
  const names = findArtifacts(record, artifactsDir, options.exclude);
  const evidence = await collectEvidence(record, options.logsDir ?? artifactsDir, hashing);
  const algorithms = new Set<HashAlgorithm>(['sha256', ...(options.algorithms ?? [])]);
  // A job that only pushed images may have no artifact folder.
  const files =
    names.length === 0
      ? []
      : await hashFiles(artifactsDir, names, { ...hashing, algorithms: [...algorithms] });
  const layouts = await collectLayouts(record, artifactsDir, hashing);
  return { artifacts: [...files.map(({ name, digest }) => ({ name, digest })), ...layouts], ...evidence };
}
