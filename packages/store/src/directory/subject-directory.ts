import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { StoreError } from '../errors.ts';
import { type JobDirectory, openJobDirectory } from '../job-directory.ts';
import {
  checkSubject,
  requireSubjects,
  type StoreCall,
  type StoredAttestation,
  subjectsIn,
  type SubjectStore,
} from '../subject-store.ts';
import { openIndex } from './index-file.ts';

const FILE = 'attestation.json';

/**
 * The attestations of a data directory, all jobs together, found by an index beside them (`artifacts/.index`). The index is
 * made when it is missing or torn; it learns of every job that is written through this package. Whoever puts files there by
 * other means removes it afterwards.
 *
 * What is put without a job gets one of its own, named by its digest.
 */
export function openSubjectDirectory(dataDir: string): SubjectStore {
  const jobs = openJobDirectory(dataDir);
  const index = openIndex(join(resolve(dataDir), 'artifacts'));
  return {
    async put(bytes, { signal } = {}) {
      signal?.throwIfAborted();
      requireSubjects(bytes);
      const jobId = `sha256-${createHash('sha256').update(bytes).digest('hex')}`;
      const { written } = await jobs.put(jobId, new Map([[FILE, bytes]]));
      return written.length > 0;
    },
    find: (subject, call) => find(jobs, index, subject, call),
    async *list(call = {}) {
      for await (const { path } of streamJobs(jobs, call)) yield path;
    },
    stream: (call = {}) => streamJobs(jobs, call),
    close: () => undefined,
  };
}

async function* find(
  jobs: JobDirectory,
  index: ReturnType<typeof openIndex>,
  subject: string,
  { signal }: StoreCall = {},
): AsyncGenerator<StoredAttestation> {
  checkSubject(subject);
  for (const jobId of await index.candidates(subject, signal)) {
    signal?.throwIfAborted();
    for (const file of await readJob(jobs, jobId)) {
      if (subjectsIn(file.bytes).includes(subject)) yield file;
    }
  }
}

async function* streamJobs(jobs: JobDirectory, { signal }: StoreCall): AsyncGenerator<StoredAttestation> {
  for (const jobId of await jobs.list()) {
    signal?.throwIfAborted();
    yield* await readJob(jobs, jobId);
  }
}

async function readJob(jobs: JobDirectory, jobId: string): Promise<StoredAttestation[]> {
  try {
    const files = await jobs.read(jobId);
    return [...files].map(([name, bytes]) => ({ path: join(jobs.pathOf(jobId), name), bytes }));
  } catch (error) {
    if (error instanceof StoreError && error.code === 'ERR_STORE_NOT_FOUND') return [];
    throw error;
  }
}
