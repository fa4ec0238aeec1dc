import type { PublicKey } from './public-key.ts';

export interface SignatureWorker {
  send(batch: SharedArrayBuffer): void;
  end(): void;
}

interface WorkerKey {
  readonly spki: Uint8Array;
  readonly isEd25519: boolean;
}

/**
 * Takes turns with other workers at the tasks of each batch (`newBatch`), in an order in which it seldom meets the thread
 * that asks, and writes down which key verifies. It runs from its text, like a lane of `@danube/artifact`, because that
 * works alike from sources, from `dist` and inside a bundle: it uses nothing but its arguments and globals.
 */
function work(
  crypto: typeof import('node:crypto'),
  port: import('node:worker_threads').MessagePort,
  given: readonly WorkerKey[],
): void {
  const keys = given.map(({ spki, isEd25519 }) => {
    const key = crypto.createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    const verify = (message: Uint8Array, signature: Uint8Array): boolean =>
      isEd25519
        ? crypto.verify(null, message, key, signature)
        : crypto.verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
    return { isEd25519, verify };
  });
  port.on('message', check);

  function check(shared: SharedArrayBuffer): void {
    const [count = 0] = new Uint32Array(shared, 0, 1);
    const turn = new Uint32Array(shared, 4, 1);
    const answers = new Uint32Array(shared, 8, count);
    const tasks = new Uint32Array(shared, 8 + 4 * count, 4 * count);
    const content = new Uint8Array(shared);
    for (let next = Atomics.add(turn, 0, 1); next < count; next = Atomics.add(turn, 0, 1)) {
      const index = count - 1 - next;
      if (Atomics.load(answers, index) !== 0) continue;
      const [start = 0, end = 0, key = 0, nonce = 0] = tasks.subarray(4 * index, 4 * index + 4);
      // Copies: nobody changes a signature or a message while it is looked at.
      const found = find(content.slice(start + 64, end), content.slice(start, start + 64), key);
      if (found !== -1) Atomics.compareExchange(answers, index, 0, (found ^ nonce) >>> 0);
    }
  }

  function find(message: Uint8Array, signature: Uint8Array, key: number): number {
    const one = keys[key];
    if (one !== undefined) return one.verify(message, signature) ? key : -1;
    return keys.findIndex(({ isEd25519, verify }) => isEd25519 && verify(message, signature));
  }
}

const CODE = `
const { parentPort, workerData } = require('node:worker_threads');
(${work.toString()})(require('node:crypto'), parentPort, workerData);
`;

/** A thread that inherits neither flags nor environment of this one; where there is none to be had, nothing happens. */
export function startWorker(keys: readonly PublicKey[]): SignatureWorker {
  try {
    return startThread(keys);
  } catch {
    return { send: () => {}, end: () => {} };
  }
}

function startThread(keys: readonly PublicKey[]): SignatureWorker {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const workerData = keys.map(({ spki, algorithm }) => ({ spki, isEd25519: algorithm === 'ed25519' }));
  const worker = new Worker(CODE, { eval: true, workerData, env: {}, execArgv: [] });
  worker.unref();
  worker.on('error', () => {}); // its answers are missing, and that is all
  return {
    send: (batch) => worker.postMessage(batch),
    end: () => void worker.terminate(),
  };
}
