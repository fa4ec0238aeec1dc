import type { LaneWork } from './lane.ts';

/** The list of files that the lanes of one run share, and what they tell each other. */
export interface Work {
  /** The part that can be sent to another thread. */
  readonly shared: LaneWork;
  readonly stop: () => void;
  readonly isStopped: () => boolean;
  /** Takes the next file for this thread; undefined when none is left. */
  readonly take: () => number | undefined;
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
    take: () => {
      const index = Atomics.add(control, 0, 1);
      return index < shared.names.length ? index : undefined;
    },
    taken: () => Math.min(Atomics.load(control, 0), shared.names.length),
    bytesDone: () => Number(Atomics.load(bytes, 0)),
    addBytes: (count) => Atomics.add(bytes, 0, BigInt(count)),
  };
}
