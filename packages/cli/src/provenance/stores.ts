import { awsCredentials } from '@danube/signer';
import { openSubjectDirectory, type StoredAttestation, type SubjectStore } from '@danube/store';
import { openS3Jobs, openS3Store, type S3Jobs, type S3StoreOptions } from '@danube/store/s3';
import type { EvidenceFile } from '@danube/verifier';
import { usageError } from '../exit-code.ts';
import { isImage, readImageReference, withRegistry } from '../registry.ts';
import type { RegistryOptions } from '../registry-options.ts';
import { sayWarning } from '../terminal.ts';
import { isElsewhere } from './job-folder.ts';

/** What a store holds about some digests. */
export interface StoredEvidence {
  readonly files: readonly EvidenceFile[];
  /** Something that might have been an attestation could not be read. */
  readonly isBlind: boolean;
}

/**
 * The attestations in a store that name one of the digests, each once: a data directory, `s3://BUCKET/PREFIX`, or a
 * repository of a registry, `oci:REGISTRY/REPOSITORY`.
 *
 * @throws CliError ERR_USAGE for what is no store; StoreError, SignError for what it does
 */
export async function findInStore(
  store: string,
  digests: readonly string[],
  options: RegistryOptions,
): Promise<StoredEvidence> {
  if (isImage(store)) return findInRepository(store, digests, options);
  return withStore(store, async (opened) => {
    const files = new Map<string, StoredAttestation>();
    for (const digest of digests) {
      for await (const found of opened.find(digest)) files.set(found.path, found);
    }
    return { files: [...files.values()], isBlind: false };
  });
}

async function findInRepository(
  store: string,
  digests: readonly string[],
  options: RegistryOptions,
): Promise<StoredEvidence> {
  const reference = readImageReference(store);
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw usageError(
      `--store ${store}: a repository is a store, an image is none`,
      'leave tag and digest out',
    );
  }
  return withRegistry(options, reference, async (client) => {
    const files: EvidenceFile[] = [];
    let isBlind = false;
    // What a registry stores has a SHA-256 or SHA-512 name.
    for (const digest of digests.filter((text) => /^sha(?:256|512):/.test(text))) {
      const { attestations, unreadable } = await client.findAttestations({ ...reference, digest });
      for (const { path, bytes } of attestations) files.push({ path: `oci:${path}`, bytes });
      for (const { path, reason } of unreadable) sayWarning(`${path}: ${reason}`);
      isBlind ||= unreadable.length > 0;
    }
    return { files, isBlind };
  });
}

/** Runs work with a store that can be written to. @throws CliError ERR_USAGE */
export async function withStore<Result>(
  text: string,
  work: (store: SubjectStore) => Promise<Result>,
): Promise<Result> {
  const store = await openStore(text);
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

async function openStore(text: string): Promise<SubjectStore> {
  const bucket = await readBucket(text);
  if (bucket !== undefined) return asUsage(text, () => openS3Store(bucket));
  if (isElsewhere(text)) {
    throw usageError(`--store ${text}: expected a directory, s3://BUCKET/PREFIX or oci:REGISTRY/REPOSITORY`);
  }
  return openSubjectDirectory(text);
}

/** Jobs in a bucket. @throws CliError ERR_USAGE */
export async function openBucketJobs(text: string): Promise<S3Jobs> {
  const bucket = await readBucket(text);
  if (bucket === undefined) throw usageError(`--store ${text}: expected s3://BUCKET/PREFIX`);
  return asUsage(text, () => openS3Jobs(bucket));
}

/** How a bucket is reached, when that is what the text names; by AWS's own variables. */
async function readBucket(text: string): Promise<S3StoreOptions | undefined> {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*?)\/?)?$/.exec(text) ?? [];
  if (bucket === undefined) return undefined;
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
  const region = AWS_REGION ?? AWS_DEFAULT_REGION;
  if (region === undefined || region === '') throw usageError(`--store ${text}: AWS_REGION is not set`);
  const endpoint = AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  const source = await awsCredentials(region, {});
  const never = new AbortController().signal;
  return {
    bucket,
    prefix,
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    proxies: process.env,
    credentials: async (signal) => source.get(signal ?? never),
  };
}

/** What the names of buckets, regions and prefixes do wrong is the caller's. */
function asUsage<Result>(text: string, open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    throw error instanceof TypeError ? usageError(`--store ${text}: ${error.message}`) : error;
  }
}
