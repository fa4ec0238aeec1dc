import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { HashAlgorithm } from './algorithms.ts';
import { systemErrorCode } from './errors.ts';
import { createLane, type Lane, type Outcome } from './lane.ts';
import { readAhead } from './read-ahead.ts';
import { isFault, newWork, type Work } from './work.ts';
import { runWorker, type Report } from './worker.ts';

/** Up to here a file is read at once, on the thread that found it. */
const SMALL_BYTES = 1024 * 1024;
/** What a worker reads at a time from a larger one. */
const PART_BYTES = 256 * 1024;
/** From here on another thread is worth its start. */
const MANY_FILES = 20_000;
const MANY_BYTES = 64 * 1024 * 1024;
/** More threads than this only wait for the disk, and each takes memory. */
const MAX_WORKERS = 8;
const TELL_EVERY_MS = 50;

export interface Run {
  /** Absolute, without symbolic links in the folder's part. */
  readonly paths: readonly string[];
  readonly algorithms: readonly HashAlgorithm[];
  /** Where a symbolic link leads; throws when it may not lead there. */
  readonly resolveLink: (path: string) => string;
  readonly signal: AbortSignal | undefined;
  /** Called now and then with the bytes done and the index of a file in work. */
  readonly onBytes: ((bytes: number, index: number) => void) | undefined;
}

type Outcomes = (Outcome | undefined)[];

/**
 * Hashes files: small ones on this thread, with a second one when there are very many; several large ones on all
 * cores; a single large one here, where the system reads the next part while this one is hashed. (Measured: a worker
 * takes 50 ms to start, and asynchronous reads of small files cost three times as much as synchronous ones.)
 *
 * Gives one outcome a path, in their order; after the first that is not `hashed` others may be missing.
 *
 * @throws the signal's reason when it is aborted, and what `resolveLink` throws
 */
export async function hashAll(run: Run): Promise<readonly (Outcome | undefined)[]> {
  const outcomes = Array.from<unknown, Outcome | undefined>({ length: run.paths.length }, () => undefined);
  const work = newWork({
    paths: run.paths,
    algorithms: run.algorithms,
    maxBytes: SMALL_BYTES,
    bufferBytes: SMALL_BYTES,
    batch: 16,
  });
  const lane = createLane(fs, crypto, work.shared);
  try {
    await hashSmall(run, work, lane, outcomes);
    const paths = resolveLinks(run, lane, outcomes);
    await hashLarge({ ...run, paths }, work, lane, outcomes);
  } finally {
    lane.end();
  }
  return outcomes;
}

async function hashSmall(run: Run, work: Work, lane: Lane, outcomes: Outcomes): Promise<void> {
  const report = reporter(work, outcomes);
  await watch(run, work, async () => {
    const helper = run.paths.length > MANY_FILES ? runWorker(work.shared, report) : undefined;
    await runHere(run, work, () => lane.step(report));
    await helper;
    // What a worker that broke has left behind.
    let next = 0;
    await runHere(run, work, () => {
      const path = outcomes[next] === undefined && !work.isStopped() ? run.paths[next] : undefined;
      if (path !== undefined) report(next, lane.hash(path));
      return ++next < run.paths.length;
    });
  });
}

function resolveLinks(run: Run, lane: Lane, outcomes: Outcomes): string[] {
  const paths = [...run.paths];
  for (const [index, path] of run.paths.entries()) {
    if (outcomes[index]?.kind !== 'link') continue;
    run.signal?.throwIfAborted();
    const target = run.resolveLink(path);
    paths[index] = target;
    outcomes[index] = lane.hash(target);
  }
  return paths;
}

async function hashLarge(run: Run, work: Work, lane: Lane, outcomes: Outcomes): Promise<void> {
  if (outcomes.some((outcome) => outcome === undefined || isFault(outcome))) return;
  const large = [...outcomes.keys()].filter((index) => outcomes[index]?.kind === 'large');
  if (large.length > 1 && largeBytes(outcomes) >= MANY_BYTES) await hashInWorkers(run, work, large, outcomes);
  for (const index of large) {
    if (outcomes.some((outcome) => outcome !== undefined && isFault(outcome))) return;
    if (outcomes[index]?.kind === 'large') outcomes[index] = await hashReadingAhead(run, work, lane, index);
  }
}

function largeBytes(outcomes: Outcomes): number {
  return outcomes.reduce((sum, outcome) => sum + (outcome?.kind === 'large' ? outcome.size : 0), 0);
}

async function hashInWorkers(
  run: Run,
  before: Work,
  large: readonly number[],
  outcomes: Outcomes,
): Promise<void> {
  const paths = large.map((index) => run.paths[index] ?? '');
  const work = newWork({ ...before.shared, paths, maxBytes: Infinity, bufferBytes: PART_BYTES, batch: 1 });
  const found: Outcomes = [];
  const count = Math.min(availableParallelism(), MAX_WORKERS, paths.length);
  const report = reporter(work, found);
  await watch(run, work, async () => {
    await Promise.all(Array.from({ length: count }, async () => runWorker(work.shared, report)));
  });
  found.forEach((outcome, position) => {
    const index = large[position];
    if (index !== undefined && outcome !== undefined) outcomes[index] = outcome;
  });
}

async function hashReadingAhead(run: Run, work: Work, lane: Lane, index: number): Promise<Outcome> {
  const file = lane.open(run.paths[index] ?? '');
  if (file.kind !== 'opened') return file;
  const hashes = run.algorithms.map((algorithm) => crypto.createHash(algorithm));
  let bytes = 0;
  let unchanged = false;
  try {
    for await (const part of readAhead(file.fd, file.size)) {
      run.signal?.throwIfAborted();
      for (const hash of hashes) hash.update(part);
      bytes += part.length;
      work.addBytes(part.length);
      run.onBytes?.(work.bytesDone(), index);
    }
  } catch (error) {
    const errno = systemErrorCode(error);
    if (errno === undefined) throw error;
    return { kind: 'error', errno };
  } finally {
    unchanged = lane.close(file);
  }
  if (!unchanged || bytes !== file.size) return { kind: 'changed' };
  return { kind: 'hashed', size: file.size, hex: hashes.map((hash) => hash.digest('hex')) };
}

function reporter(work: Work, outcomes: Outcomes): Report {
  return (index, outcome) => {
    outcomes[index] = outcome;
    if (isFault(outcome)) work.stop();
  };
}

/** Steps until there is nothing left to do, and now and then lets other things on this thread go on. */
async function runHere(run: Run, work: Work, step: () => boolean): Promise<void> {
  let pauseAt = performance.now() + TELL_EVERY_MS;
  while (step()) {
    if (performance.now() < pauseAt) continue;
    await setImmediate();
    if (work.isStopped()) return;
    run.onBytes?.(work.bytesDone(), work.taken() - 1);
    pauseAt = performance.now() + TELL_EVERY_MS;
  }
}

/** While `task` runs, a signal that is aborted stops the work, and progress is told. */
async function watch(run: Run, work: Work, task: () => Promise<void>): Promise<void> {
  const timer = setInterval(() => run.onBytes?.(work.bytesDone(), work.taken() - 1), TELL_EVERY_MS);
  run.signal?.addEventListener('abort', work.stop);
  try {
    run.signal?.throwIfAborted();
    await task();
    run.signal?.throwIfAborted();
  } finally {
    clearInterval(timer);
    run.signal?.removeEventListener('abort', work.stop);
  }
}
