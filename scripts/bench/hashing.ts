import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { cleanEnvironment } from '../repository.ts';
import { findProgram, HOW_TO_INSTALL } from '../peers.ts';
import { race, timesOf, type Racer } from './race.ts';
import { medianRatio, type Benchmark, type Effort, type Outcome, type Row } from './row.ts';
import { withScratch } from './scratch.ts';

const MIB = 1024 * 1024;

interface Contest {
  readonly name: string;
  readonly what: string;
  readonly target: number;
  /** Fewer rounds where one round takes seconds. */
  readonly share: number;
  readonly ours: (folder: string) => readonly string[];
  readonly theirs: (openssl: string, folder: string) => Racer['command'];
}

const CONTESTS: readonly Contest[] = [
  {
    name: 'hash-1-gib',
    what: 'hash a file of 1 GiB / openssl dgst -sha256',
    target: 0.9,
    share: 1,
    ours: (folder) => [folder, 'one'],
    theirs: (openssl, folder) => [openssl, 'dgst', '-sha256', join(folder, 'one')],
  },
  {
    name: 'hash-4-gib',
    what: 'hash a file of 4 GiB / openssl dgst -sha256',
    target: 0.85,
    share: 0.5,
    ours: (folder) => [folder, 'four'],
    theirs: (openssl, folder) => [openssl, 'dgst', '-sha256', join(folder, 'four')],
  },
  {
    name: 'hash-two-files',
    what: 'hash two files of 1 GiB / openssl dgst -sha256 of both',
    target: 0.65,
    share: 1,
    ours: (folder) => [folder, 'one', 'two'],
    theirs: (openssl, folder) => [openssl, 'dgst', '-sha256', join(folder, 'one'), join(folder, 'two')],
  },
  {
    name: 'hash-10000-files',
    what: 'hash 10,000 files of 10 kB / ls | xargs openssl dgst -sha256',
    target: 1.3,
    share: 2,
    ours: (folder) => [join(folder, 'many')],
    theirs: (openssl, folder) => ['sh', '-c', `cd '${folder}/many' && ls | xargs '${openssl}' dgst -sha256`],
  },
];

/** Whole processes on files that the page cache holds: ours by the library, theirs by openssl. */
export const hashing: Benchmark = {
  name: 'hashing',
  run: (effort) =>
    withScratch(async (folder) => {
      const openssl = findProgram('openssl');
      writeInputs(folder, effort.quick);
      const program = await bundleProgram(folder);
      const outcomes = CONTESTS.map((contest): Outcome => {
        if (openssl === undefined) return { ...contest, notRun: `openssl is missing; ${HOW_TO_INSTALL}` };
        return compete(contest, openssl, [process.execPath, program], folder, effort);
      });
      return [...outcomes, memory(program, folder)];
    }),
};

/** As one file, which is how the command comes to its users. */
async function bundleProgram(folder: string): Promise<string> {
  const outfile = join(folder, 'hash.cjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'hash.mjs')],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    conditions: ['@danube/source'],
    logLevel: 'warning',
    outfile,
  });
  return outfile;
}

function compete(
  contest: Contest,
  openssl: string,
  program: readonly [string, string],
  folder: string,
  effort: Effort,
): Row {
  const racers: Racer[] = [
    { name: 'ours', command: [...program, ...contest.ours(folder)] },
    { name: 'theirs', command: contest.theirs(openssl, folder) },
  ];
  const times = race(racers, Math.max(1, Math.round(effort.rounds * contest.share)));
  const ratio = medianRatio(timesOf(times, 'ours'), timesOf(times, 'theirs'));
  return { name: contest.name, what: contest.what, ratio, target: contest.target, better: 'lower' };
}

/** The highest of all inputs, in MB: it must not grow with them. */
function memory(program: string, folder: string): Row {
  const peaks = [['small'], ['one'], ['four'], ['one', 'two']].map((names) =>
    peakMegabytes([program, folder, ...names]),
  );
  peaks.push(peakMegabytes([program, join(folder, 'many')]));
  return {
    name: 'hash-peak-memory',
    what: 'peak memory in MB while hashing 10 kB, 1 GiB, 4 GiB, 2 x 1 GiB, 10,000 files: the highest',
    ratio: Math.max(...peaks),
    target: 80,
    better: 'lower',
  };
}

function peakMegabytes(args: readonly string[]): number {
  const options = { env: cleanEnvironment(), encoding: 'utf8', maxBuffer: 64 * MIB } as const;
  const { stdout } = spawnSync(process.execPath, args, options);
  const peak = /^peak memory: (\d+) KiB$/m.exec(stdout)?.[1];
  if (peak === undefined) throw new Error('the hashing process did not say its peak memory');
  return (Number(peak) * 1024) / 1e6;
}

function writeInputs(folder: string, quick: boolean): void {
  const gib = quick ? 16 : 1024;
  writeFile(join(folder, 'one'), gib);
  writeFile(join(folder, 'two'), gib);
  writeFile(join(folder, 'four'), 4 * gib);
  writeFileSync(join(folder, 'small'), randomBytes(10_000));
  mkdirSync(join(folder, 'many'));
  for (let n = 0; n < (quick ? 500 : 10_000); n += 1) {
    writeFileSync(join(folder, 'many', `file-${String(n).padStart(5, '0')}.bin`), randomBytes(10_000));
  }
}

function writeFile(path: string, mebibytes: number): void {
  const file = openSync(path, 'wx');
  const chunk = randomBytes(MIB);
  for (let n = 0; n < mebibytes; n += 1) writeSync(file, chunk);
  closeSync(file);
}
