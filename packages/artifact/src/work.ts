import type { LaneWork, Outcome } from './lane.ts';

/** The list of files that the lanes of one run share, and what they tell each other. */
export interface Work {
  /** The part that can be sent to another thread. */
  readonly shared: LaneWork;
  readonly stop: () => void;
  readonly isStopped: () => boolean;
  /** How many files were taken so far. */
  readonly taken: () => number;
  readonly bytesDone: () => number;
  readonly addBytes: (bytes: number) => void;
}

/** With the `progress` of an earlier work, bytes go on being counted where that one was. */
export function newWork(
  options: Omit<LaneWork, 'control' | 'progress'> & { readonly progress?: SharedArrayBuffer },
): Work {
  const shared: LaneWork = {
    ...options,
    control: new SharedArrayBuffer(8),
    progress: options.progress ?? new SharedArrayBuffer(8),
  };
  const control = new Int32Array(shared.control);
  const bytes = new BigInt64Array(shared.progress);
  return {
    shared,
    stop: () => Atomics.store(control, 1, 1),
    isStopped: () => Atomics.load(control, 1) !== 0,
    taken: () => Math.min(Atomics.load(control, 0), shared.paths.length),
    bytesDone: () => Number(Atomics.load(bytes, 0)),
    addBytes: (count) => Atomics.add(bytes, 0, BigInt(count)),
  };
}

/** True when this outcome ends the run. */
export function isFault(outcome: Outcome): boolean {
  return outcome.kind !== 'hashed' && outcome.kind !== 'large' && outcome.kind !== 'link';
}
