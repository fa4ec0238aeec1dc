/** Looks for a key in the memory of a process that used it (keys.md 22). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parsePrivateKey } from '@danube/keys';
import { seedOf } from '../src/private-key.ts';
import { keyFile } from './key-files.ts';
import { fixture, PASSPHRASE } from './sample-files.ts';
import { RFC8032_SEED, utf8 } from './sample-keys.ts';

const USE_KEY = `
import { readFileSync } from 'node:fs';
import { readPrivateKeyFile } from '@danube/keys/file';
const passphrase = readFileSync(process.argv[2]);
const { key } = await readPrivateKeyFile(process.argv[1], { passphrase });
key.sign(new Uint8Array(10));
if (process.argv[3] === 'destroy') key.destroy();
passphrase.fill(0);
for (let i = 0; i < 5; i++) {
  globalThis.gc();
  await new Promise(setImmediate);
}
process.stdout.write('ready');
process.stdin.once('data', () => process.exit());
globalThis.key = key;
`;

/** How often each needle is in the memory of a process that read this key file, signed, and then did so. */
async function copiesAfter(then: 'destroy' | 'keep', file: Uint8Array, needles: readonly Uint8Array[]) {
  const args = ['--expose-gc', '--conditions=@danube/source', '--input-type=module', '-e', USE_KEY];
  const child = spawn(process.execPath, [...args, keyFile(0o600, file), keyFile(0o600, PASSPHRASE), then], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const counts = countInMemory(child.pid ?? 0, needles);
  child.stdin.end('done');
  await once(child, 'exit');
  return counts;
}

function countInMemory(pid: number, needles: readonly Uint8Array[]): number[] {
  const counts = needles.map(() => 0);
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, start, end, name = ''] = /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \d+ *(.*)/.exec(line) ?? [];
    if (start === undefined || end === undefined || name.startsWith('[v')) continue;
    const region = readRegion(memory, Number.parseInt(start, 16), Number.parseInt(end, 16));
    needles.forEach((needle, i) => {
      for (let at = region.indexOf(needle); at !== -1; at = region.indexOf(needle, at + 1)) counts[i]! += 1;
    });
  }
  closeSync(memory);
  return counts;
}

function readRegion(memory: number, start: number, end: number): Buffer {
  const region = Buffer.alloc(end - start);
  try {
    for (let at = 0, read = 1; read > 0 && at < region.length; at += read) {
      read = readSync(memory, region, at, region.length - at, start + at);
    }
  } catch {
    // guard pages and device memory cannot be read
  }
  return region;
}

/** Whether the memory of a child may be read: Linux, and no sandbox that forbids it. */
function mayReadMemory(): boolean {
  const child = spawn('cat', { stdio: 'pipe' });
  try {
    closeSync(openSync(`/proc/${child.pid}/mem`, 'r'));
    return true;
  } catch {
    return false;
  } finally {
    child.stdin.end();
  }
}

describe(
  'the memory of a process',
  { skip: !mayReadMemory() && 'may not read the memory of a child' },
  () => {
    it('holds no copy of a key that was destroyed, nor of its passphrase', async () => {
      const hexFile = utf8(Buffer.from(RFC8032_SEED).toString('hex'));
      const names = ['ed25519.pem', 'pbes2-aes256-sha256.pem', 'ssh-ed25519-encrypted.ssh'];
      const files = {
        ...Object.fromEntries(names.map((name) => [name, fixture(name)])),
        hex: hexFile,
      };
      for (const [name, file] of Object.entries(files)) {
        const seed = seedOf(await parsePrivateKey(file, { passphrase: PASSPHRASE }));
        const base64Body = fixture('ed25519.pem').subarray(48, 90);
        const copies = await copiesAfter('destroy', file, [seed, PASSPHRASE, base64Body, hexFile]);
        assert.deepEqual(copies, [0, 0, 0, 0], name);
      }
    });

    it('holds two copies of a key in use, ours and OpenSSL’s: so the search does find them', async () => {
      const [copies] = await copiesAfter('keep', fixture('ed25519.pem'), [RFC8032_SEED]);
      assert.equal(copies, 2);
    });
  },
);
