import type { JsonObject } from 'in-toto-attestation';
import { WebhookError } from './errors.ts';
import { KubernetesRefusal, type KubernetesApi } from './kubernetes-api.ts';
import { SingleFlight, untilAborted } from './single-flight.ts';

/** What was read of an object, or why nothing was. */
export type Known<Value> = { readonly value: Value } | { readonly problem: string };

const VALUE_MS = 30_000;
/** What is missing may be made in a moment. */
const PROBLEM_MS = 2000;
const MAX_KNOWN = 1000;

/** Objects of the cluster that are asked for when they are needed, each once at a time, and are known for a short while. */
export class KnownObjects<Value> {
  readonly #api: KubernetesApi;
  readonly #read: (object: JsonObject) => Known<Value>;
  readonly #known = new Map<string, { readonly known: Known<Value>; readonly expires: number }>();
  readonly #asked = new SingleFlight<Known<Value>>();

  constructor(api: KubernetesApi, read: (object: JsonObject) => Known<Value>) {
    this.#api = api;
    this.#read = read;
  }

  /** @throws the signal's reason when it is aborted first. */
  async get(path: string, signal: AbortSignal): Promise<Known<Value>> {
    const entry = this.#known.get(path);
    if (entry !== undefined && entry.expires > performance.now()) return entry.known;
    const known = await this.#asked.run(path, signal, async (shared) => this.#ask(path, shared));
    this.#keep(path, known);
    return known;
  }

  /** What was read last; `undefined` when nobody asked. */
  last(path: string): Known<Value> | undefined {
    return this.#known.get(path)?.known;
  }

  async #ask(path: string, signal: AbortSignal): Promise<Known<Value>> {
    try {
      const object = await untilAborted(this.#api.get(path, signal), signal);
      return object === undefined ? { problem: 'there is none' } : this.#read(object);
    } catch (error) {
      if (signal.aborted || !(error instanceof WebhookError)) throw error;
      const isForbidden = error instanceof KubernetesRefusal && error.status === 403;
      return { problem: isForbidden ? 'the webhook may not read it' : 'the API server did not hand it over' };
    }
  }

  #keep(path: string, known: Known<Value>): void {
    const expires = performance.now() + ('problem' in known ? PROBLEM_MS : VALUE_MS);
    this.#known.delete(path);
    this.#known.set(path, { known, expires });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) break;
      this.#known.delete(oldest);
    }
  }
}
