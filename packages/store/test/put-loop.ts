/*
 * A process that puts: `put-loop DATA-DIR JOB SEED...` waits for a line, then puts the files of each seed under the job's
 * name with the seed's place in the list behind it, prints one line before each put, and one for its result. With KILL_AT
 * (and KILL_WHEN) in its environment it is killed at that call to the disk.
 */
import { createInterface } from 'node:readline';
import { StoreError } from '@danube/store';
import { createJobDirectory } from '../src/job-directory.ts';
import { type Fault, faultyDisk } from './faulty-disk.ts';
import { filesOf } from './files.ts';

const [dataDir = '', job = '', ...seeds] = process.argv.slice(2);
const { KILL_AT: at = '-1', KILL_WHEN: when = 'before' } = process.env;
const { disk } = faultyDisk({
  at: Number(at),
  when: when as Fault['when'],
  happen: () => process.kill(process.pid, 'SIGKILL'),
});
const store = createJobDirectory(dataDir, disk);

async function putAll(): Promise<void> {
  for (const [index, seed] of seeds.entries()) {
    process.stdout.write(`put ${index}\n`);
    process.stdout.write(`${await outcome(`${job}-${index}`, Number(seed))} ${index}\n`);
  }
}

async function outcome(jobId: string, seed: number): Promise<string> {
  try {
    const { written } = await store.put(jobId, filesOf(seed));
    return written.length === 0 ? 'unchanged' : 'written';
  } catch (error) {
    if (error instanceof StoreError) return error.code;
    throw error;
  }
}

createInterface({ input: process.stdin }).once('line', () => {
  void putAll().then(() => process.stdin.destroy());
});
