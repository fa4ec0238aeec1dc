import { parentPort, workerData } from 'node:worker_threads';
import { parsePublicKey } from '@danube/keys';
import { createVerifier } from '@danube/verifier';
import { verifyAttestation } from './verify.ts';
import type { PoolData } from './verifier-pool.ts';

const { publicKeys, bytes, offsets, digests, next, chunk } = workerData as PoolData;
const verifier = createVerifier({ publicKeys: publicKeys.map((pem) => parsePublicKey(Buffer.from(pem))) });
const tasks = offsets.length - 1;

/** Bytes that other threads could change under the verifier are copied first. */
function verifyTask(index: number): void {
  const envelope = bytes.slice(offsets[index], offsets[index + 1]);
  verifyAttestation({ bytes: envelope, sha256: digests.slice(64 * index, 64 * (index + 1)) }, verifier);
}

parentPort?.on('message', () => {
  for (let from = 0; (from = Atomics.add(next, 0, 1) * chunk) < tasks;) {
    for (let index = from; index < Math.min(from + chunk, tasks); index += 1) verifyTask(index);
  }
  parentPort?.postMessage('done');
});
parentPort?.postMessage('ready');
