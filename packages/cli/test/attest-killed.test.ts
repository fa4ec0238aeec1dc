import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DANUBE, danube, folder } from './danube.ts';
import { jobRecord, testKey, write, writeKey } from './fixture.ts';
import { countCalls, struck } from './struck.ts';

const KILLS = 300;
const root = folder();
await writeKey(join(root, 'signing.key'), await testKey(1));
write(join(root, 'job.json'), jobRecord());
write(join(root, 'dist/app.tgz'), 'the app');

function command(data: string): string[] {
  const job = ['--job-record', 'job.json', '--artifacts', 'dist', '--key', 'signing.key'];
  return ['provenance', 'attest', ...job, '--data-dir', data];
}

/** The same facts and the same key give the same bytes, so a whole file is known when it is seen. */
const began = performance.now();
assert.equal(danube(command('whole'), { cwd: root }).code, 0);
const duration = performance.now() - began;
const whole = read('whole');

function read(data: string): Buffer | undefined {
  const path = join(root, data, 'artifacts/abc123/provenance.json');
  return existsSync(path) ? readFileSync(path) : undefined;
}

describe('danube provenance attest, killed', () => {
  it(`at ${KILLS} points, leaves the whole file or none, and the next run succeeds`, async (test) => {
    const calls = countCalls(command('counted'), root);
    assert.ok(calls > 10);
    const seen = { none: 0, whole: 0, reruns: 0 };
    for (let kill = 0; kill < KILLS; kill++) {
      const data = `data-${kill}`;
      // A third at calls to the disk all over the run, the others whenever it happens to be.
      if (kill % 3 === 0) killAt(data, Math.floor((kill * calls) / KILLS), kill % 2 === 0);
      else await killOnce(data, kill % 3 === 1);
      const found = read(data);
      if (found === undefined) seen.none += 1;
      else assert.deepEqual(found, whole);
      if (found !== undefined) seen.whole += 1;
      if (existsSync(join(root, data))) {
        seen.reruns += 1;
        assert.equal(danube(command(data), { cwd: root }).code, 0);
        assert.deepEqual(read(data), whole);
        assert.deepEqual(readdirSync(join(root, data, 'artifacts/abc123')), ['provenance.json']);
      }
      rmSync(join(root, data), { recursive: true, force: true });
    }
    test.diagnostic(`no file ${seen.none} times, the whole file ${seen.whole} times, ${seen.reruns} reruns`);
    assert.ok(seen.none > 0 && seen.whole > 0 && seen.reruns > 0);
  });
});

/** At this call to the disk, or in the middle of it. */
function killAt(data: string, at: number, isHalf: boolean): void {
  const strike = { signal: 'SIGKILL', at, when: isHalf ? 'half' : 'before' } as const;
  assert.deepEqual(struck(command(data), root, strike), { code: null, signal: 'SIGKILL' });
}

/** Anywhere in the run, or (what matters more and is over in an instant) where it writes. */
async function killOnce(data: string, anywhere: boolean): Promise<void> {
  const child = spawn(process.execPath, [DANUBE, ...command(data)], { cwd: root, stdio: 'ignore' });
  const closed = once(child, 'close');
  if (anywhere) await delay(Math.random() * duration);
  else await untilWriting(data, () => child.exitCode !== null);
  child.kill('SIGKILL');
  await closed;
}

async function untilWriting(data: string, isOver: () => boolean): Promise<void> {
  while (!existsSync(join(root, data)) && !isOver()) await delay(1);
  const until = performance.now() + Math.random() * 20;
  while (performance.now() < until);
}
