import { asObject, asString, encodeJson, MalformedError, parseJson } from 'in-toto-attestation';
import {
  type AttestationFiles,
  type AttestationStore,
  type PutResult,
  STORE_LIMITS,
} from '../attestation-store.ts';
import { StoreError } from '../errors.ts';
import { checkFileName, checkJobId, JOB_ID } from '../names.ts';
import { subjectsIn } from '../subject-store.ts';
import {
  attestationKey,
  hexOf,
  noteSubjects,
  openPlace,
  type Place,
  read,
  storeBytes,
  type S3StoreOptions,
} from './s3-store.ts';

/** The attestations of jobs in a bucket, by the rules of a job directory; found by subject through `openS3Store`. */
export interface S3Jobs extends AttestationStore {
  /** Where the job is, for people. @throws {StoreError} `ERR_STORE_JOB_ID` */
  pathOf(jobId: string): string;
  /** Where an attestation is. */
  locate(bytes: Uint8Array): string;
  close(): void;
}

/** Bytes of one step of a job: names and digests of files. */
const STEP_BYTES = 1_048_576;
/** How often somebody else may be first. */
const ATTEMPTS = 32;

/**
 * Jobs in a bucket. A job is a row of steps, `jobs/<job id>/0000` and so on, each of which says names of files and the digests
 * of their bytes (`attestations/sha256/...`), and is written once (`If-None-Match: *`) after the bytes: with that object all its
 * files are there, and before it none. Whoever comes second reads what the first one wrote, and adds to it or is refused.
 *
 * @throws {TypeError} for a bucket, region or prefix that is none
 */
export function openS3Jobs(options: S3StoreOptions): S3Jobs {
  const place = openPlace(options);
  return {
    pathOf: (jobId) => place.name + jobKey(place, jobId),
    locate: (bytes) => place.name + attestationKey(place, hexOf(bytes)),
    put: async (jobId, files) => put(place, jobId, files),
    read: async (jobId, names) => readFiles(place, jobId, names),
    list: async () => list(place),
    close: () => place.client.close(),
  };
}

function jobKey({ root }: Place, jobId: string): string {
  checkJobId(jobId);
  return `${root}jobs/${jobId}`;
}

/** What a job holds: file name to the digest of its bytes. */
interface Held {
  readonly files: ReadonlyMap<string, string>;
  readonly steps: number;
}

async function put(place: Place, jobId: string, files: AttestationFiles): Promise<PutResult> {
  const key = jobKey(place, jobId);
  for (const name of files.keys()) checkFileName(name);
  const written = await commit(place, key, files);
  for (const bytes of files.values()) await noteSubjects(place, bytes, subjectsIn(bytes), undefined);
  return { written };
}

async function commit(place: Place, key: string, files: AttestationFiles): Promise<readonly string[]> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const held = await readSteps(place, key);
    const missing = [...files].filter(([name, bytes]) => !isHeld(place, key, held, name, bytes));
    if (missing.length === 0) return [];
    if (held.files.size + missing.length > STORE_LIMITS.files) {
      throw new StoreError(
        'ERR_STORE_LIMIT',
        `${place.name}${key} would hold more than ${STORE_LIMITS.files} files`,
      );
    }
    for (const [, bytes] of missing) await storeBytes(place, bytes, undefined);
    const step = encodeJson({
      files: Object.fromEntries(missing.map(([name, bytes]) => [name, hexOf(bytes)])),
    });
    if (await place.client.create(stepKey(key, held.steps), step, undefined))
      return missing.map(([name]) => name);
  }
  throw new StoreError('ERR_STORE_UNAVAILABLE', `others write ${place.name}${key} all the time`);
}

/** @throws {StoreError} `ERR_STORE_CONFLICT` */
function isHeld(place: Place, key: string, { files }: Held, name: string, bytes: Uint8Array): boolean {
  const held = files.get(name);
  if (held === undefined || held === hexOf(bytes)) return held !== undefined;
  const path = `${place.name}${key}/${name}`;
  throw new StoreError('ERR_STORE_CONFLICT', `${path} is there already, with other content`, {
    path,
    hint: 'a stored attestation is never replaced; another attempt of a job needs another job id',
  });
}

function stepKey(key: string, step: number): string {
  return `${key}/${String(step).padStart(4, '0')}`;
}

async function readSteps(place: Place, key: string): Promise<Held> {
  const files = new Map<string, string>();
  for (let steps = 0; ; steps += 1) {
    const bytes = await place.client.get(stepKey(key, steps), STEP_BYTES, undefined);
    if (bytes === undefined) return { files, steps };
    if (steps > STORE_LIMITS.files) {
      throw new StoreError(
        'ERR_STORE_LIMIT',
        `${place.name}${key} has more than ${STORE_LIMITS.files} steps`,
      );
    }
    // Each step was written by somebody who had read those before: a name that comes again is not from us.
    for (const [name, hex] of parseStep(bytes, place.name + stepKey(key, steps))) {
      if (!files.has(name)) files.set(name, hex);
    }
  }
}

function parseStep(bytes: Uint8Array, path: string): readonly (readonly [string, string])[] {
  try {
    const files = asObject(asObject(parseJson(bytes), '')['files'] ?? null, '/files');
    return Object.entries(files).map(([name, value]) => {
      checkFileName(name);
      const hex = asString(value, `/files/${name}`);
      if (!/^[0-9a-f]{64}$/.test(hex)) throw new MalformedError('ERR_VALUE', `/files/${name}`, 'no SHA-256');
      return [name, hex] as const;
    });
  } catch (error) {
    if (!(error instanceof MalformedError || error instanceof StoreError)) throw error;
    throw new StoreError('ERR_STORE_PROTOCOL', `${path} is no step of a job: ${error.message}`, {
      cause: error,
    });
  }
}

async function readFiles(
  place: Place,
  jobId: string,
  only: readonly string[] | undefined,
): Promise<AttestationFiles> {
  for (const name of only ?? []) checkFileName(name);
  const key = jobKey(place, jobId);
  const held = await readSteps(place, key);
  if (held.steps === 0) throw new StoreError('ERR_STORE_NOT_FOUND', `no job ${place.name}${key}`);
  const files = new Map<string, Uint8Array>();
  for (const name of [...held.files.keys()].sort()) {
    const hex = held.files.get(name);
    if (hex === undefined || only?.includes(name) === false) continue;
    files.set(name, (await read(place, hex, undefined)).bytes);
  }
  return files;
}

async function list(place: Place): Promise<readonly string[]> {
  const root = `${place.root}jobs/`;
  const jobs = new Set<string>();
  for await (const key of place.client.list(root, undefined)) {
    const [jobId = ''] = key.slice(root.length).split('/');
    if (JOB_ID.test(jobId)) jobs.add(jobId);
  }
  return [...jobs].sort();
}
