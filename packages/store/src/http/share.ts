interface Running<Value> {
  readonly promise: Promise<Value>;
  readonly stop: AbortController;
  isOver: boolean;
  waiting: number;
}

/** Work that several callers want at the same time, done once. */
export class SharedWork<Value> {
  readonly #running = new Map<string, Running<Value>>();

  /**
   * The result of the work under this key that is under way, or of new work. A caller who gives up leaves the others
   * alone; when the last one has, the work is stopped.
   */
  async run(
    key: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    signal?.throwIfAborted();
    const running = this.#running.get(key) ?? this.#start(key, work);
    running.waiting += 1;
    const { promise: gaveUp, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([running.promise, gaveUp]);
    } finally {
      signal?.removeEventListener('abort', giveUp);
      running.waiting -= 1;
      if (running.waiting === 0 && !running.isOver) {
        this.#forget(key, running);
        running.stop.abort();
      }
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Value>): Running<Value> {
    const stop = new AbortController();
    const running: Running<Value> = { promise: work(stop.signal), stop, isOver: false, waiting: 0 };
    this.#running.set(key, running);
    const end = (): void => {
      running.isOver = true;
      this.#forget(key, running);
    };
    // Whoever waits sees the error; nobody may be left who does.
    running.promise.then(end, end);
    return running;
  }

  #forget(key: string, running: Running<Value>): void {
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}
