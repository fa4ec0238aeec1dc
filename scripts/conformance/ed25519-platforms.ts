import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import type { SignatureQuestion, SignatureVerdict } from './ed25519-worker.ts';

export type { SignatureQuestion, SignatureVerdict } from './ed25519-worker.ts';

/** The two implementations of Ed25519 in @danube/keys, by the import condition that selects each. */
export const PLATFORMS = { node: [], browser: ['--conditions=browser'] } as const;

/** What both implementations say about one signature: `accept` or `reject` when they are of one mind. */
export type CommonVerdict = 'accept' | 'reject' | `node says ${string}, browser says ${string}`;

/** Asks @danube/keys, as Node and as a browser load it, about each signature under the strict profile. */
export async function verifyOnPlatforms(questions: readonly SignatureQuestion[]): Promise<CommonVerdict[]> {
  const [node, browser] = await Promise.all([ask('node', questions), ask('browser', questions)]);
  return questions.map((_, index) => combine(node[index] ?? 'no answer', browser[index] ?? 'no answer'));
}

function combine(
  node: SignatureVerdict | 'no answer',
  browser: SignatureVerdict | 'no answer',
): CommonVerdict {
  if (node === browser && (node === 'accept' || node === 'reject')) return node;
  return `node says ${node}, browser says ${browser}`;
}

// Import conditions are fixed when a thread starts, so each platform is a thread of its own.
async function ask(
  platform: keyof typeof PLATFORMS,
  questions: readonly SignatureQuestion[],
): Promise<readonly SignatureVerdict[]> {
  const worker = new Worker(new URL('./ed25519-worker.ts', import.meta.url), {
    execArgv: ['--conditions=@danube/source', ...PLATFORMS[platform]],
    workerData: questions,
  });
  const [verdicts]: SignatureVerdict[][] = await once(worker, 'message');
  return verdicts ?? [];
}
