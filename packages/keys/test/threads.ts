/** Workers that are counted, or whose code is another. */
const threads = process.getBuiltinModule('node:worker_threads');
const { Worker } = threads;

let started: Promise<unknown>[] = [];

/** Until all of them have come to their end. */
export async function threadsGone(): Promise<void> {
  await Promise.all(started);
}

export function startedThreads(): number {
  return started.length;
}

export function watchThreads(change: (code: string) => string = (code) => code): void {
  started = [];
  threads.Worker = class extends Worker {
    constructor(code: string, options?: ConstructorParameters<typeof Worker>[1]) {
      super(change(code), options);
      started.push(new Promise((resolve) => this.once('exit', resolve)));
    }
  };
}

/** As where processes are limited. */
export function refuseThreads(): void {
  threads.Worker = class extends Worker {
    constructor() {
      super(refuse());
    }
  };
}

function refuse(): never {
  throw Object.assign(new Error('no thread'), { code: 'ERR_WORKER_INIT_FAILED' });
}

export function restoreThreads(): void {
  threads.Worker = Worker;
}
