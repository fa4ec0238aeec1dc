import { createHash } from 'node:crypto';
import { STORE_LIMITS } from '../attestation-store.ts';
import { StoreError } from '../errors.ts';
import {
  checkSubject,
  requireSubjects,
  type StoreCall,
  type StoredAttestation,
  subjectsIn,
  type SubjectStore,
} from '../subject-store.ts';
import { createS3Client, type S3Client, type S3Options } from './s3-client.ts';

export interface S3StoreOptions extends S3Options {
  /** Before every key: plain segments with `/` between them. */
  readonly prefix?: string;
}

const PREFIX = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/**
 * Attestations in a bucket: `attestations/sha256/<digest of the bytes>`, and for each subject an empty object
 * `subjects/<algorithm>/<digest>/<digest of the bytes>`, which is written afterwards. Nothing is ever written over
 * (`If-None-Match: *`), and what is read is hashed.
 *
 * @throws {TypeError} for a bucket, region or prefix that is none
 */
export function openS3Store(options: S3StoreOptions): SubjectStore {
  const place = openPlace(options);
  const { client } = place;
  return {
    put: async (bytes, call = {}) => put(place, bytes, call),
    find: (subject, call = {}) => find(place, subject, call),
    async *list({ signal } = {}) {
      for await (const key of client.list(attestationKey(place, ''), signal)) yield place.name + key;
    },
    stream: (call = {}) => stream(place, call),
    close: () => client.close(),
  };
}

/** A prefix of a bucket. */
export interface Place {
  readonly client: S3Client;
  /** `s3://BUCKET/` */
  readonly name: string;
  /** The prefix, with a `/` behind it. */
  readonly root: string;
}

/** @throws {TypeError} */
export function openPlace({ prefix = '', ...options }: S3StoreOptions): Place {
  if (prefix !== '' && !PREFIX.test(prefix)) throw new TypeError('the prefix must be plain segments');
  const root = prefix === '' ? '' : `${prefix}/`;
  return { client: createS3Client(options), name: `s3://${options.bucket}/`, root };
}

export function attestationKey({ root }: Place, hex: string): string {
  return `${root}attestations/sha256/${hex}`;
}

function subjectKey({ root }: Place, subject: string, hex: string): string {
  return `${root}subjects/${subject.replace(':', '/')}/${hex}`;
}

/** The attestation before its subjects: what is found by a subject is there. Killed in between, the same call completes it. */
async function put(place: Place, bytes: Uint8Array, { signal }: StoreCall): Promise<boolean> {
  const subjects = requireSubjects(bytes);
  const isNew = await storeBytes(place, bytes, signal);
  await noteSubjects(place, bytes, subjects, signal);
  return isNew;
}

/** Stores bytes under their digest. False when they were there. */
export async function storeBytes(
  place: Place,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (bytes.length > STORE_LIMITS.fileBytes) {
    throw new StoreError('ERR_STORE_LIMIT', `an attestation of more than ${STORE_LIMITS.fileBytes} bytes`);
  }
  const hex = hexOf(bytes);
  const isNew = await place.client.create(attestationKey(place, hex), bytes, signal);
  // Whoever could write there before us may have written something else.
  if (!isNew) await read(place, hex, signal);
  return isNew;
}

/** Lets bytes be found by what they are about. */
export async function noteSubjects(
  place: Place,
  bytes: Uint8Array,
  subjects: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const hex = hexOf(bytes);
  for (const subject of subjects) {
    await place.client.create(subjectKey(place, subject, hex), new Uint8Array(), signal);
  }
}

async function* find(
  place: Place,
  subject: string,
  { signal }: StoreCall,
): AsyncGenerator<StoredAttestation> {
  checkSubject(subject);
  for await (const key of place.client.list(subjectKey(place, subject, ''), signal)) {
    const hex = key.slice(key.lastIndexOf('/') + 1);
    if (!/^[0-9a-f]{64}$/.test(hex)) continue;
    const found = await read(place, hex, signal);
    // An entry says what its writer pleased; the attestation says what it is about.
    if (subjectsIn(found.bytes).includes(subject)) yield found;
  }
}

async function* stream(place: Place, { signal }: StoreCall): AsyncGenerator<StoredAttestation> {
  for await (const key of place.client.list(attestationKey(place, ''), signal)) {
    const hex = key.slice(key.lastIndexOf('/') + 1);
    if (/^[0-9a-f]{64}$/.test(hex)) yield read(place, hex, signal);
  }
}

/** @throws {StoreError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_DIGEST` */
export async function read(
  place: Place,
  hex: string,
  signal: AbortSignal | undefined,
): Promise<StoredAttestation> {
  const key = attestationKey(place, hex);
  const path = place.name + key;
  const bytes = await place.client.get(key, STORE_LIMITS.fileBytes, signal);
  if (bytes === undefined) throw new StoreError('ERR_STORE_NOT_FOUND', `${path} is not there`);
  if (hexOf(bytes) !== hex)
    throw new StoreError('ERR_STORE_DIGEST', `${path} has the digest ${hexOf(bytes)}`);
  return { path, bytes };
}

export function hexOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
