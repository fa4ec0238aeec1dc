/** The index of a directory of jobs: opened, kept up with the log, made anew when it is missing or torn. */
import * as fs from 'node:fs';
import * as promises from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { STORE_LIMITS } from '../attestation-store.ts';
import { ensureDirectory, syncDirectory, writeNewFile } from '../disk.ts';
import { fromSystemError, StoreError, systemErrorCode } from '../errors.ts';
import { FILE_NAME, JOB_ID } from '../names.ts';
import { subjectsIn } from '../subject-store.ts';
import { removeStale, removeTemporary, temporaryName } from '../temporary.ts';
import { type Changes, INDEX_FOLDER, logPath, readChanges } from './change-log.ts';
import { decodeSnapshot, encodeSnapshot, jobsOf, MAX_JOBS, recordOf, type Snapshot } from './snapshot.ts';

/** Jobs that may name a subject; each is read before that is believed. */
export interface SubjectIndex {
  candidates(subject: string, signal: AbortSignal | undefined): Promise<readonly string[]>;
}

const SNAPSHOT = 'subjects';
/** Jobs of the log that are read at each start before they are worth a new snapshot. */
const FEW_JOBS = 4_096;

export function openIndex(artifacts: string): SubjectIndex {
  const folder = join(artifacts, INDEX_FOLDER);
  let snapshot: Snapshot | undefined;
  /** What the jobs written since the snapshot name, by job. */
  let recent = new Map<string, readonly string[]>();
  let seenBytes = 0;
  let open: ReadonlySet<string> = new Set();

  const load = async (signal: AbortSignal | undefined): Promise<Snapshot> => {
    const found = await readSnapshot(folder);
    // Without a log nobody would have said what changed.
    const isKnown = found !== undefined && (await sizeOf(logPath(artifacts))) >= found.logBytes;
    const current = isKnown ? found : await rebuild(artifacts, signal);
    recent = new Map();
    seenBytes = current.logBytes;
    open = new Set(current.open);
    return current;
  };

  const keepUp = async (current: Snapshot, signal: AbortSignal | undefined): Promise<Snapshot> => {
    const size = await sizeOf(logPath(artifacts));
    if (size < seenBytes) return load(signal);
    if (size > seenBytes) {
      const changes = await readLog(artifacts, seenBytes, [...open]);
      seenBytes += changes.bytes;
      open = changes.open;
      for (const jobId of changes.written) recent.set(jobId, subjectsOf(artifacts, jobId));
    }
    if (recent.size <= FEW_JOBS) return current;
    const merged = await merge(artifacts, current, recent, open, seenBytes);
    recent = new Map();
    return merged;
  };

  let work: Promise<Snapshot> | undefined;
  const refresh = async (signal: AbortSignal | undefined): Promise<Snapshot> => {
    snapshot = snapshot === undefined ? await load(signal) : snapshot;
    snapshot = await keepUp(snapshot, signal);
    return snapshot;
  };

  return {
    async candidates(subject, signal) {
      // One after the other: what is kept up to date is shared.
      const mine = (work ?? Promise.resolve()).catch(() => undefined).then(async () => refresh(signal));
      work = mine;
      const current = await mine;
      const jobs = new Set(jobsOf(current, subject).map((job) => current.jobs.at(job)));
      for (const [jobId, subjects] of recent) if (subjects.includes(subject)) jobs.add(jobId);
      for (const jobId of open) if (subjectsOf(artifacts, jobId).includes(subject)) jobs.add(jobId);
      return [...jobs].sort();
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await promises.lstat(path)).size;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return -1;
    throw fromSystemError(error, path);
  }
}

async function readSnapshot(folder: string): Promise<Snapshot | undefined> {
  const path = join(folder, SNAPSHOT);
  try {
    return decodeSnapshot(await promises.readFile(path));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fromSystemError(error, path);
  }
}

async function readLog(artifacts: string, from: number, open: readonly string[]): Promise<Changes> {
  const path = logPath(artifacts);
  try {
    const file = await promises.open(path);
    try {
      const { size } = await file.stat();
      const bytes = Buffer.alloc(Math.max(size - from, 0));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
      return readChanges(bytes.subarray(0, bytesRead), open);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fromSystemError(error, path);
  }
}

/** Reads every job. The log is there before the first is read, so that whoever writes meanwhile says so. */
async function rebuild(artifacts: string, signal: AbortSignal | undefined): Promise<Snapshot> {
  await startLog(artifacts);
  const logBytes = await sizeOf(logPath(artifacts));
  const before = await readLog(artifacts, 0, []);
  const names = await promises.readdir(artifacts);
  const jobs = names.filter((name) => JOB_ID.test(name)).sort();
  const subjects = new Map<string, readonly string[]>();
  for (const [index, jobId] of jobs.entries()) {
    if (index % 256 === 0) await turn();
    signal?.throwIfAborted();
    const found = subjectsOf(artifacts, jobId);
    if (found.length > 0) subjects.set(jobId, found);
  }
  return write(artifacts, subjects, [...before.open], logBytes);
}

async function startLog(artifacts: string): Promise<void> {
  const path = logPath(artifacts);
  await ensureDirectory(promises, join(artifacts, INDEX_FOLDER));
  try {
    await writeNewFile(promises, path, new Uint8Array());
    await syncDirectory(promises, join(artifacts, INDEX_FOLDER));
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw fromSystemError(error, path);
  }
}

/** A snapshot with what was written since. A job may have more by now, never less: nothing is taken back. */
async function merge(
  artifacts: string,
  current: Snapshot,
  recent: ReadonlyMap<string, readonly string[]>,
  open: ReadonlySet<string>,
  logBytes: number,
): Promise<Snapshot> {
  const names = new Set(Array.from({ length: current.jobs.count }, (_, index) => current.jobs.at(index)));
  for (const [jobId, subjects] of recent) if (subjects.length > 0) names.add(jobId);
  const jobs = [...names].sort();
  const numbers = new Map(jobs.map((jobId, index) => [jobId, index]));
  const records = new Set<bigint>();
  for (const record of current.records) {
    const key = record & ~BigInt(MAX_JOBS - 1);
    const jobId = current.jobs.at(Number(record - key));
    records.add(key | BigInt(numbers.get(jobId) ?? 0));
  }
  for (const [jobId, subjects] of recent) {
    for (const subject of subjects) records.add(recordOf(subject, numbers.get(jobId) ?? 0));
  }
  return store(artifacts, BigUint64Array.from(records).sort(), jobs, [...open], logBytes);
}

async function write(
  artifacts: string,
  subjects: ReadonlyMap<string, readonly string[]>,
  open: readonly string[],
  logBytes: number,
): Promise<Snapshot> {
  const jobs = [...subjects.keys()];
  const records: bigint[] = [];
  jobs.forEach((jobId, index) => {
    for (const subject of subjects.get(jobId) ?? []) records.push(recordOf(subject, index));
  });
  return store(artifacts, BigUint64Array.from(records).sort(), jobs, open, logBytes);
}

async function store(
  artifacts: string,
  records: BigUint64Array,
  jobs: readonly string[],
  open: readonly string[],
  logBytes: number,
): Promise<Snapshot> {
  if (jobs.length > MAX_JOBS) {
    throw new StoreError(
      'ERR_STORE_LIMIT',
      `${JSON.stringify(artifacts)}: more than ${MAX_JOBS} jobs to index`,
      {
        path: artifacts,
      },
    );
  }
  const folder = join(artifacts, INDEX_FOLDER);
  const bytes = encodeSnapshot(records, jobs, open, logBytes);
  const temporary = temporaryName(SNAPSHOT);
  try {
    await removeStale(promises, folder, Date.now());
    await writeNewFile(promises, join(folder, temporary), bytes);
    await promises.rename(join(folder, temporary), join(folder, SNAPSHOT));
    await syncDirectory(promises, folder);
  } catch (error) {
    await removeTemporary(promises, folder, temporary);
    throw fromSystemError(error, folder);
  }
  const snapshot = decodeSnapshot(Buffer.from(bytes));
  if (snapshot === undefined) throw new TypeError('an index that cannot be read was written');
  return snapshot;
}

/**
 * What the attestations of a job name. Synchronous: a million small files are read in a third of the time. A job that is
 * not there, or a file that cannot be read, names nothing yet.
 */
function subjectsOf(artifacts: string, jobId: string): string[] {
  const folder = join(artifacts, jobId);
  const subjects = new Set<string>();
  for (const name of namesIn(folder)) {
    if (!FILE_NAME.test(name)) continue;
    for (const subject of subjectsIn(readSmall(join(folder, name)))) subjects.add(subject);
  }
  return [...subjects];
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw fromSystemError(error, folder);
  }
}

function readSmall(path: string): Uint8Array {
  const nothing = new Uint8Array();
  try {
    const status = fs.lstatSync(path);
    return status.isFile() && status.size <= STORE_LIMITS.fileBytes ? fs.readFileSync(path) : nothing;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return nothing;
    throw fromSystemError(error, path);
  }
}
