import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Task } from './verify.ts';

/** Tasks laid out in memory that all workers share; a worker takes the next chunk when it has finished one. */
export interface PoolData {
  readonly publicKeys: readonly string[];
  readonly bytes: Uint8Array;
  /** Start of each task in `bytes`, and the end of the last. */
  readonly offsets: Uint32Array;
  /** 64 hex digits a task. */
  readonly digests: string;
  /** One number: the next chunk. */
  readonly next: Int32Array;
  readonly chunk: number;
}

const CHUNKS = 64;

/** Verifies the same tasks again and again with worker threads. */
export class VerifierPool {
  readonly #workers: readonly Worker[];
  readonly #next: Int32Array;

  private constructor(workers: readonly Worker[], next: Int32Array) {
    this.#workers = workers;
    this.#next = next;
  }

  static async start(
    size: number,
    publicKeys: readonly string[],
    tasks: readonly Task[],
  ): Promise<VerifierPool> {
    const data = layOut(publicKeys, tasks);
    const script = new URL('verifier-worker.ts', import.meta.url);
    const workers = Array.from({ length: size }, () => new Worker(script, { workerData: data }));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    return new VerifierPool(workers, data.next);
  }

  /** @throws Error when a worker failed: one task that is not accepted is enough. */
  async verifyAll(): Promise<void> {
    Atomics.store(this.#next, 0, 0);
    await Promise.all(
      this.#workers.map(async (worker) => {
        const done = once(worker, 'message');
        worker.postMessage('go');
        await done;
      }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function layOut(publicKeys: readonly string[], tasks: readonly Task[]): PoolData {
  const total = tasks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const bytes = new Uint8Array(new SharedArrayBuffer(total));
  const offsets = new Uint32Array(new SharedArrayBuffer(4 * (tasks.length + 1)));
  let end = 0;
  for (const [index, task] of tasks.entries()) {
    bytes.set(task.bytes, end);
    end += task.bytes.length;
    offsets[index + 1] = end;
  }
  return {
    publicKeys,
    bytes,
    offsets,
    digests: tasks.map(({ sha256 }) => sha256).join(''),
    next: new Int32Array(new SharedArrayBuffer(4)),
    chunk: Math.max(1, Math.ceil(tasks.length / CHUNKS)),
  };
}
