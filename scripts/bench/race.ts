import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { cleanEnvironment } from '../repository.ts';

/** A program as it is started, its output thrown away. */
export interface Racer {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
}

/** Wall times in milliseconds, one a round. */
export type Times = ReadonlyMap<string, readonly number[]>;

/**
 * Runs whole processes against each other: in each round each program once, in random order, after a first round that
 * does not count. Programs that fail end the benchmark: a fast failure is not a result.
 */
export function race(racers: readonly Racer[], rounds: number): Times {
  const times = new Map(racers.map(({ name }) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round += 1) {
    for (const racer of shuffle(racers)) {
      const took = time(racer);
      if (round >= 0) times.get(racer.name)?.push(took);
    }
  }
  return times;
}

export function timesOf(times: Times, name: string): readonly number[] {
  const found = times.get(name);
  if (found === undefined) throw new TypeError(`${name} did not race`);
  return found;
}

const ENVIRONMENT = cleanEnvironment();
const MAX_OUTPUT = 64 * 1024 * 1024;

function time({ name, command: [program, ...args], cwd }: Racer): number {
  const began = performance.now();
  const options = { cwd, env: ENVIRONMENT, stdio: 'pipe', maxBuffer: MAX_OUTPUT } as const;
  const { status, error, stderr } = spawnSync(program, args, options);
  const took = performance.now() - began;
  if (status !== 0) throw new Error(`${name} failed: ${error?.message ?? stderr.toString()}`);
  return took;
}

/** In random order, so that nobody always runs after the same other. */
export function shuffle<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
