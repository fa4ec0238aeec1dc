import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import type { HashAlgorithm } from './algorithms.ts';
import { createLane, type Lane, type Outcome } from './lane.ts';
import { hashLarge, readAhead, readInTurn } from './hash-large.ts';
import { newWork, type Work } from './work.ts';
import { runWorker, type Report } from './worker.ts';

/** Up to here a file is read at once, on the thread that found it. */
const SMALL_BYTES = 1024 * 1024;
/** What is read at a time, into a buffer that stays in the processor's cache. */
const PART_BYTES = 256 * 1024;
/** From here on a worker, which takes 50 ms of both cores to start and 20 MB, is worth it. */
const MANY_FILES = 20_000;
const MANY_BYTES = 64 * 1024 * 1024;
/** With this thread; each more takes 11 MB. */
const MAX_THREADS = 8;
const TELL_EVERY_MS = 50;

export interface Run {
  /** As in `LaneWork`. */
  readonly base: string;
  readonly names: readonly string[];
  readonly algorithms: readonly HashAlgorithm[];
  /** The name of the file that a symbolic link leads to, none when there may be no link; throws when it is a wrong one. */
  readonly resolveLink: (name: string) => string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Called now and then with the bytes done and the name of a file in work. */
  readonly onBytes: ((bytes: number, name: string) => void) | undefined;
}

/** What is known of the files of a run, by index. */
interface Findings {
  readonly outcomes: (Outcome | undefined)[];
  readonly links: number[];
  readonly large: { readonly index: number; readonly name: string; readonly size: number }[];
  isFaulty: boolean;
}

/**
 * Hashes files: small ones on this thread, with a second one when there are very many; several large ones on all
 * cores; a single large one here, where the system reads the next part while this one is hashed. (Asynchronous reads
 * of small files cost three times as much as synchronous ones.)
 *
 * Gives one outcome a file, in their order; after the first that is not `hashed` others may be missing.
 *
 * @throws the signal's reason when it is aborted, and what `resolveLink` throws
 */
export async function hashAll(run: Run): Promise<readonly (Outcome | undefined)[]> {
  const findings: Findings = { outcomes: [], links: [], large: [], isFaulty: false };
  const { base, names, algorithms } = run;
  const work = newWork({
    base,
    names,
    algorithms,
    maxBytes: SMALL_BYTES,
    bufferBytes: PART_BYTES,
    batch: 16,
  });
  const lane = createLane(fs, crypto, work.shared);
  try {
    await watch(run, work, async () => hashSmall(run, work, lane, findings));
    if (!findings.isFaulty) hashLinks(run, lane, findings);
    if (!findings.isFaulty) await hashAllLarge(run, work, lane, findings);
  } finally {
    lane.end();
  }
  return findings.outcomes;
}

async function hashSmall(run: Run, work: Work, lane: Lane, findings: Findings): Promise<void> {
  const report = reporter(run, work, findings);
  const isWorthIt = run.names.length > MANY_FILES && cores() > 1;
  const helper = isWorthIt ? runWorker(work.shared, report) : undefined;
  await runHere(work, () => lane.step(report));
  await helper;
  if (helper === undefined || findings.isFaulty) return;
  // What a worker that broke has left behind.
  let next = 0;
  await runHere(work, () => {
    const name = findings.outcomes[next] === undefined ? run.names[next] : undefined;
    if (name !== undefined) report(next, lane.hash(name));
    return !findings.isFaulty && ++next < run.names.length;
  });
}

function reporter(run: Run, work: Work, findings: Findings): Report {
  return (index, outcome) => {
    findings.outcomes[index] = outcome;
    if (outcome.kind === 'hashed') return;
    if (outcome.kind === 'link') findings.links.push(index);
    else if (outcome.kind === 'large') {
      findings.large.push({ index, name: run.names[index] ?? '', size: outcome.size });
    } else {
      findings.isFaulty = true;
      work.stop();
    }
  };
}

function hashLinks(run: Run, lane: Lane, findings: Findings): void {
  for (const index of findings.links) {
    run.signal?.throwIfAborted();
    const name = run.resolveLink(run.names[index] ?? '');
    const outcome: Outcome = name === undefined ? { kind: 'link' } : lane.hash(name);
    // Still a link: it was put there meanwhile.
    findings.outcomes[index] = outcome.kind === 'link' ? { kind: 'changed' } : outcome;
    if (outcome.kind === 'large') findings.large.push({ index, name: name ?? '', size: outcome.size });
    else if (outcome.kind !== 'hashed') findings.isFaulty = true;
  }
}

/** This thread and the workers, if any, take the next file when they are done with one. */
async function hashAllLarge(
  run: Run,
  before: Work,
  lane: Lane,
  { large, outcomes }: Findings,
): Promise<void> {
  const names = large.map(({ name }) => name);
  const work = newWork({ ...before.shared, names, maxBytes: Infinity, bufferBytes: PART_BYTES, batch: 1 });
  function report(position: number, outcome: Outcome): void {
    const index = large[position]?.index;
    if (index !== undefined) outcomes[index] = outcome;
    if (outcome.kind !== 'hashed') work.stop();
  }
  const threads = threadsFor(large);
  const readParts = threads > 1 ? readInTurn : readAhead;
  async function hashHere(position: number): Promise<void> {
    const name = names[position];
    if (name !== undefined && !work.isStopped())
      report(position, await hashLarge(lane, name, work, readParts));
  }
  await watch(run, work, async () => {
    const helpers = Array.from({ length: threads - 1 }, async () => runWorker(work.shared, report));
    for (let next = work.take(); next !== undefined; next = work.take()) await hashHere(next);
    await Promise.all(helpers);
    // What a worker that broke has left behind.
    for (const [position, { index }] of large.entries()) {
      if (outcomes[index]?.kind === 'large') await hashHere(position);
    }
  });
}

function threadsFor(large: Findings['large']): number {
  const isWorthIt = large.reduce((sum, { size }) => sum + size, 0) >= MANY_BYTES;
  return isWorthIt ? Math.min(cores(), MAX_THREADS, large.length) : 1;
}

/** Most runs need no second thread, and do not load what counts them. */
function cores(): number {
  return process.getBuiltinModule('node:os').availableParallelism();
}

/** Steps until there is nothing left to do, and now and then lets other things on this thread go on. */
async function runHere(work: Work, step: () => boolean): Promise<void> {
  let pauseAt = Date.now() + TELL_EVERY_MS;
  while (step()) {
    if (Date.now() < pauseAt) continue;
    await new Promise((resume) => setImmediate(resume));
    if (work.isStopped()) return;
    pauseAt = Date.now() + TELL_EVERY_MS;
  }
}

/** While `task` runs, a signal that is aborted stops the work, and progress is told. */
async function watch(run: Run, work: Work, task: () => Promise<void>): Promise<void> {
  const timer = setInterval(() => tell(run, work), TELL_EVERY_MS);
  run.signal?.addEventListener('abort', work.stop);
  try {
    run.signal?.throwIfAborted();
    await task();
    run.signal?.throwIfAborted();
  } finally {
    work.stop(); // for workers that go on after something here went wrong
    run.signal?.removeEventListener('abort', work.stop);
    clearInterval(timer);
  }
}

function tell(run: Run, work: Work): void {
  run.onBytes?.(work.bytesDone(), work.shared.names[work.taken() - 1] ?? '');
}
