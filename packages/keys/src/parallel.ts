/** Signatures that other threads check while this one does something else. Node.js only. */
import { randomFillSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { isStrictSignature } from './ed25519-profile.ts';
import { readP256Signature } from './p256.ts';
import type { PublicKey } from './public-key.ts';
import { ANY_KEY, type Batch, newBatch, REFUSED, type Task } from './parallel-batch.ts';
import { type SignatureWorker, startWorker } from './parallel-worker.ts';

export interface SignatureWorkersOptions {
  /** How many threads beside this one; default: one for each other processor, at most 15. */
  readonly threads?: number;
}

/** A signature that was queued, for {@link SignatureWorkers.keyOf}. */
export interface Ticket {
  readonly batch: PendingBatch;
  readonly position: number;
}

/** Fewer signatures are checked before a worker has started. */
const WORTH_IT = 1000;
/** How many go to the workers at once; those of the last, unfinished batch are left to the caller. */
const BATCH_TASKS = 128;
const BATCH_BYTES = 4 * 1024 * 1024;
const MAX_THREADS = 15;

interface PendingBatch {
  /** Without those that nobody needs to look at any more. */
  readonly tasks: (Task | undefined)[];
  /** What an answer is recognised by, kept where no worker can change it. */
  readonly nonces: Uint32Array;
  bytes: number;
  sent?: Batch;
}

/**
 * Worker threads that check signatures by a few keys, ahead of the caller. Nothing waits for them: what they have not
 * said when the caller asks is not known, and `verifySignature` says it. So a worker that is slow, breaks or never
 * starts costs time and nothing else. All they can say is that a key verifies a signature, each answer is bound to its
 * question by a random number, and an answer that does not fit is none.
 *
 * They start when a thousand signatures are queued, or before ({@link start}), and keep no process alive. Call {@link end}
 * when all is asked.
 */
export class SignatureWorkers {
  readonly #keys: readonly PublicKey[];
  #threads: number;
  #workers: readonly SignatureWorker[] | undefined;
  #waiting: PendingBatch[] = [];
  #open: PendingBatch = newPendingBatch();
  #queued = 0;

  /** Only these keys are ever answered, each as the very object that is given here. */
  constructor(keys: readonly PublicKey[], { threads }: SignatureWorkersOptions = {}) {
    if (threads !== undefined && (!Number.isInteger(threads) || threads < 0)) {
      throw new TypeError('threads must be a whole number');
    }
    this.#keys = [...keys];
    this.#threads = threads ?? Math.min(availableParallelism() - 1, MAX_THREADS);
  }

  /** Starts the threads now, for a caller who knows that thousands of signatures will come. */
  start(): void {
    this.#workers ??= Array.from({ length: this.#threads }, () => startWorker(this.#keys));
  }

  /**
   * Queues a signature, to be tried with the key of this `keyid`, or with every key when there is none. Its bytes are
   * copied. `undefined` when no worker would find a key: the signature is of no strict form, or the keyid is not known.
   */
  add(message: Uint8Array, signature: Uint8Array, keyid?: string): Ticket | undefined {
    if (this.#threads === 0) return undefined;
    const task = this.#taskOf(message, signature, keyid);
    if (task === undefined) return undefined;
    const batch = this.#open;
    const position = batch.tasks.push(task) - 1;
    batch.bytes += message.length;
    this.#queued += 1;
    if (batch.tasks.length === BATCH_TASKS || batch.bytes >= BATCH_BYTES) this.#close();
    return { batch, position };
  }

  /**
   * The key that verifies the signature, when a worker has found it; `undefined` when that is not known, and then no
   * worker begins with it any more.
   */
  keyOf({ batch: { tasks, nonces, sent }, position }: Ticket): PublicKey | undefined {
    if (sent === undefined) {
      tasks[position] = undefined;
      return undefined;
    }
    const answer = Atomics.compareExchange(sent.answers, position, 0, REFUSED);
    return this.#keys[(answer ^ (nonces[position] ?? 0)) >>> 0];
  }

  /** Ends the workers, for good; what they have not said stays unknown. */
  end(): void {
    for (const worker of this.#workers ?? []) worker.end();
    this.#threads = 0;
    this.#workers = [];
    this.#waiting = [];
    this.#open = newPendingBatch();
  }

  #taskOf(message: Uint8Array, signature: Uint8Array, keyid: string | undefined): Task | undefined {
    const key = keyid === undefined ? ANY_KEY : this.#keys.findLastIndex((one) => one.keyid === keyid);
    if (key === -1) return undefined;
    if (key === ANY_KEY || this.#keys[key]?.algorithm === 'ed25519') {
      return isStrictSignature(signature) ? { message, signature, key } : undefined;
    }
    const [reading, ...others] = readP256Signature(signature);
    return reading === undefined || others.length > 0 ? undefined : { message, signature: reading, key };
  }

  #close(): void {
    this.#waiting.push(this.#open);
    this.#open = newPendingBatch();
    if (this.#queued >= WORTH_IT) this.start();
    if (this.#workers === undefined) return;
    for (const batch of this.#waiting.splice(0)) sendTo(this.#workers, batch);
  }
}

function sendTo(workers: readonly SignatureWorker[], batch: PendingBatch): void {
  const sent = newBatch(batch.tasks, batch.nonces);
  batch.sent = sent;
  batch.tasks.length = 0;
  for (const worker of workers) worker.send(sent.shared);
}

function newPendingBatch(): PendingBatch {
  const nonces = randomFillSync(new Uint32Array(BATCH_TASKS));
  // Never what an answer is before it was given.
  for (const [index, nonce] of nonces.entries()) nonces[index] = nonce | 0x8000_0000;
  return { tasks: [], nonces, bytes: 0 };
}
