import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import type { SignatureQuestion, SignatureVerdict, WorkerData } from './ed25519-worker.ts';

export type { SignatureQuestion, SignatureVerdict } from './ed25519-worker.ts';

/** The implementations of Ed25519 in @danube/keys, by the import condition that selects each; libsodium is brought along. */
export const PLATFORMS = { node: [], browser: ['--conditions=browser'], libsodium: [] } as const;

type Platform = keyof typeof PLATFORMS;
const NAMES: readonly Platform[] = ['node', 'browser', 'libsodium'];

/** What all implementations say about one signature: `accept` or `reject` when they are of one mind. */
export type CommonVerdict = 'accept' | 'reject' | `node says ${string}`;

/** Asks @danube/keys, as Node and as a browser load it, and libsodium, about each signature under the strict profile. */
export async function verifyOnPlatforms(questions: readonly SignatureQuestion[]): Promise<CommonVerdict[]> {
  const answers = await Promise.all(NAMES.map((platform) => ask(platform, questions)));
  return questions.map((_, index) => combine(answers.map((verdicts) => verdicts[index] ?? 'no answer')));
}

function combine(verdicts: readonly (SignatureVerdict | 'no answer')[]): CommonVerdict {
  const [first = 'no answer', ...others] = verdicts;
  const isCommon = others.every((verdict) => verdict === first);
  if (isCommon && (first === 'accept' || first === 'reject')) return first;
  const said = NAMES.map((platform, index) => `${platform} says ${verdicts[index] ?? 'nothing'}`);
  return `node says ${first} (${said.join(', ')})`;
}

// Import conditions are fixed when a thread starts, so each platform is a thread of its own.
async function ask(
  platform: Platform,
  questions: readonly SignatureQuestion[],
): Promise<readonly SignatureVerdict[]> {
  const worker = new Worker(new URL('./ed25519-worker.ts', import.meta.url), {
    execArgv: ['--conditions=@danube/source', ...PLATFORMS[platform]],
    workerData: { questions, isLibsodium: platform === 'libsodium' } satisfies WorkerData,
  });
  const [verdicts]: SignatureVerdict[][] = await once(worker, 'message');
  return verdicts ?? [];
}
