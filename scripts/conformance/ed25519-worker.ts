import { parsePublicKey, verifySignature } from '@danube/keys';
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

function judge({ publicKey, message, signature }: SignatureQuestion): SignatureVerdict {
  const end = attempt(() => verifySignature(parsePublicKey(publicKey), message, signature));
  if (end.verdict === 'crashed') return `crash: ${describeAttempt(end)}`;
  return end.verdict === 'accepted' && end.value ? 'accept' : 'reject';
}

// Only set in a worker: the types above are imported by its parent.
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
parentPort?.postMessage((workerData as SignatureQuestion[]).map(judge));
