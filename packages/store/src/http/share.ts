/** Work that several callers want at the same time, done once. */
export class SharedWork<Value> {
  readonly #running = new Map<string, { promise: Promise<Value>; stop: AbortController; waiting: number }>();

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
      if (running.waiting === 0) {
        running.stop.abort();
        if (this.#running.get(key) === running) this.#running.delete(key);
      }
    }
  }

  #start(
    key: string,
    work: (signal: AbortSignal) => Promise<Value>,
  ): { promise: Promise<Value>; stop: AbortController; waiting: number } {
    const stop = new AbortController();
    const promise = work(stop.signal);
    // Whoever waits sees the error; nobody may be left who does.
    promise.catch(() => undefined);
    const running = { promise, stop, waiting: 0 };
    this.#running.set(key, running);
    return running;
  }
}
