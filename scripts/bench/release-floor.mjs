// What no verifier can do without: node release-floor.mjs FOLDER hashes the files in FOLDER/files, then checks the signatures
// in FOLDER/signatures.bin with two threads, which take turns at the signatures. So its time is the sum of both, each done in
// the fastest way that is known for two processors. Nothing is parsed, matched or reported.
import { createPublicKey, hash, verify } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** Checks signatures until none is left; runs from its text in the worker. */
function check(crypto, { shared, count, keys }) {
  const objects = keys.map((pem) => crypto.createPublicKey(pem));
  const numbers = new Uint32Array(shared, 0, 2 + 3 * count);
  const bytes = new Uint8Array(shared);
  for (let task = Atomics.add(numbers, 0, 1); task < count; task = Atomics.add(numbers, 0, 1)) {
    const [key, start, end] = numbers.subarray(2 + 3 * task, 5 + 3 * task);
    const signature = bytes.subarray(start, start + 64);
    if (crypto.verify(null, bytes.subarray(start + 64, end), objects[key], signature))
      Atomics.add(numbers, 1, 1);
  }
}

/** Three numbers a task after two of the program's own, then the bytes: the signature of each task and its message. */
function load(folder) {
  const packed = readFileSync(`${folder}/signatures.bin`);
  const shared = new SharedArrayBuffer(packed.length);
  new Uint8Array(shared).set(packed);
  const [count] = new Uint32Array(shared, 0, 1);
  new Uint32Array(shared)[0] = 0;
  return { shared, count, keys: JSON.parse(readFileSync(`${folder}/keys.json`, 'utf8')) };
}

function hashFiles(folder) {
  const buffer = Buffer.allocUnsafeSlow(256 * 1024);
  return readdirSync(folder).map((name) => {
    const file = openSync(`${folder}/${name}`);
    const length = readSync(file, buffer, 0, buffer.length, null);
    closeSync(file);
    return hash('sha256', buffer.subarray(0, length), 'hex');
  });
}

const folder = process.argv[2];
const data = load(folder);
const worker = new Worker(
  `const { parentPort, workerData } = require('node:worker_threads');
  parentPort.once('message', () => (${check.toString()})(require('node:crypto'), workerData))`,
  { eval: true, workerData: data },
);
const digests = hashFiles(`${folder}/files`);
worker.postMessage('go');
check({ createPublicKey, verify }, data);
worker.on('exit', () => {
  const [, good] = new Uint32Array(data.shared, 0, 2);
  console.log(`${digests.length} files, ${good} of ${data.count} signatures`);
  process.exitCode = good === data.count ? 0 : 1;
});
