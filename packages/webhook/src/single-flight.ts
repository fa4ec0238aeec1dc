interface Flight<Value> {
  readonly result: Promise<Value>;
  readonly controller: AbortController;
  isOver: boolean;
  waiting: number;
}

/**
 * Does the same work once for all who want it at the same time. Each of them waits only as long as its own signal lets
 * it; the work is aborted when nobody waits any more. Nothing is remembered afterwards.
 */
export class SingleFlight<Value> {
  readonly #flights = new Map<string, Flight<Value>>();

  get size(): number {
    return this.#flights.size;
  }

  /** @throws the signal's reason when it is aborted first; otherwise whatever `work` throws. */
  async run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    signal.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    flight.waiting += 1;
    try {
      return await untilAborted(flight.result, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) this.#end(key, flight);
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Value>): Flight<Value> {
    const controller = new AbortController();
    const result = work(controller.signal);
    const flight: Flight<Value> = { result, controller, isOver: false, waiting: 0 };
    this.#flights.set(key, flight);
    const end = (): void => {
      flight.isOver = true;
      this.#forget(key, flight);
    };
    result.then(end, end);
    return flight;
  }

  #end(key: string, flight: Flight<Value>): void {
    this.#forget(key, flight);
    if (!flight.isOver) flight.controller.abort();
  }

  #forget(key: string, flight: Flight<Value>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

/** The promise's outcome, or the signal's reason when that comes first. */
export async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
