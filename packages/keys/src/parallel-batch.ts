/** Signatures to check, laid out in memory that threads share. */

export interface Task {
  readonly message: Uint8Array;
  /** 64 bytes: R and S of Ed25519, r and s of P-256. */
  readonly signature: Uint8Array;
  /** The position of the key to try, or {@link ANY_KEY}. */
  readonly key: number;
}

/** Every Ed25519 key is tried. */
export const ANY_KEY = 0xffff_ffff;

/** In the place of an answer: somebody else looks at it, and no worker needs to. */
export const REFUSED = 1;

export interface Batch {
  readonly shared: SharedArrayBuffer;
  /** One a task: 0 until there is an answer, which is the position of the key, exclusive-or the task's nonce. */
  readonly answers: Uint32Array;
}

/** How many numbers come before the tasks: how many tasks there are, and the turn that is to be taken next. */
const HEAD = 2;
/** Of each task: where its signature begins (the message follows), where the message ends, the key, the nonce. */
const TASK = 4;
const SIGNATURE_BYTES = 64;

/**
 * One buffer: two numbers, an answer a task, four numbers a task, and the bytes. `check` of parallel-worker.ts reads the
 * same.
 */
export function newBatch(tasks: readonly (Task | undefined)[], nonces: Uint32Array): Batch {
  const count = tasks.length;
  const numbers = HEAD + count + TASK * count;
  const bytes = tasks.reduce((sum, task) => sum + lengthOf(task), 0);
  const shared = new SharedArrayBuffer(4 * numbers + bytes);
  const head = new Uint32Array(shared, 0, numbers);
  const content = new Uint8Array(shared);
  head[0] = count;
  const answers = new Uint32Array(shared, 4 * HEAD, count);
  let start = 4 * numbers;
  for (const [index, task] of tasks.entries()) {
    if (task === undefined) {
      answers[index] = REFUSED;
      continue;
    }
    const end = start + lengthOf(task);
    content.set(task.signature, start);
    content.set(task.message, start + SIGNATURE_BYTES);
    head.set([start, end, task.key, nonces[index] ?? 0], HEAD + count + TASK * index);
    start = end;
  }
  return { shared, answers };
}

function lengthOf(task: Task | undefined): number {
  return task === undefined ? 0 : SIGNATURE_BYTES + task.message.length;
}
