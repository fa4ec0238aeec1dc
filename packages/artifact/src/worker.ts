import { createLane, type Lane, type LaneWork, type Outcome } from './lane.ts';

/** What is called with each outcome and the index of its file. */
export type Report = (index: number, outcome: Outcome) => void;

/** Like `createLane`, this runs from its text. Outcomes are sent now and then, and all before the worker ends. */
function drive(lane: Lane, send: (outcomes: readonly (readonly [number, Outcome])[]) => void): void {
  const outcomes: [number, Outcome][] = [];
  while (lane.step((index, outcome) => outcomes.push([index, outcome]))) {
    if (outcomes.length >= 256) send(outcomes.splice(0));
  }
  lane.end();
  send(outcomes);
}

const CODE = `
const { parentPort, workerData } = require('node:worker_threads');
const lane = (${createLane.toString()})(require('node:fs'), require('node:crypto'), workerData);
(${drive.toString()})(lane, (outcomes) => parentPort.postMessage(outcomes));
`;

/**
 * Takes part in the work from another thread, which inherits neither flags nor environment of this one. Resolves when
 * that thread is gone: at the end of the work, or early, when there was no thread to be had (a limit on processes, the
 * permission model) or it broke; then files stay without an outcome, and the caller hashes them.
 */
export async function runWorker(work: LaneWork, report: Report): Promise<void> {
  await new Promise<void>((resolve) => {
    // Loaded on demand, because most runs need no worker; and at once, so that the caller does not run ahead of it.
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    const worker = new Worker(CODE, {
      eval: true,
      workerData: work,
      env: {},
      execArgv: [],
      // It holds little for long, and a small space for young objects keeps it so.
      resourceLimits: { maxYoungGenerationSizeMb: 1 },
    });
    worker.on('message', (outcomes: readonly (readonly [number, Outcome])[]) => {
      for (const [index, outcome] of outcomes) report(index, outcome);
    });
    worker.on('error', () => resolve());
    worker.on('exit', () => resolve());
  }).catch(() => undefined);
}
