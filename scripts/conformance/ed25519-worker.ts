import { parsePublicKey, verifySignature } from '@danube/keys';
import { createLibsodiumVerifier, type Libsodium } from '@danube/keys/libsodium';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { attempt, describeAttempt } from './attempt.ts';

/** One signature to judge: raw public key (32 bytes when it is well formed), message and signature. */
export interface SignatureQuestion {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** `accept`, `reject`, or what went wrong. A public key that is refused rejects all its signatures. */
export type SignatureVerdict = 'accept' | 'reject' | `crash: ${string}`;

/** What a worker is given. */
export interface WorkerData {
  readonly questions: readonly SignatureQuestion[];
  readonly isLibsodium: boolean;
}

type Verify = typeof verifySignature;

function byLibsodium(): Verify {
  const libsodium: Libsodium = createRequire(import.meta.url)('sodium-native');
  return (key, message, signature) => createLibsodiumVerifier(libsodium, key)(message, signature);
}

function judge({ publicKey, message, signature }: SignatureQuestion, verify: Verify): SignatureVerdict {
  const end = attempt(() => verify(parsePublicKey(publicKey), message, signature));
  if (end.verdict === 'crashed') return `crash: ${describeAttempt(end)}`;
  return end.verdict === 'accepted' && end.value ? 'accept' : 'reject';
}

// Only set in a worker: the types above are imported by its parent.
if (parentPort !== null) {
  const { questions, isLibsodium } = workerData as WorkerData;
  const verify = isLibsodium ? byLibsodium() : verifySignature;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
  parentPort.postMessage(questions.map((question) => judge(question, verify)));
}
