import { shuffle } from './race.ts';
import { medianRatio, type Benchmark, type Effort, type Outcome } from './row.ts';
import { Load } from './webhook-load.ts';
import { encodeReview } from './webhook-review.ts';
import { withStage, type Side, type Stage } from './webhook-stage.ts';

/** Requests that wait for an answer at any time, each on a connection of its own. */
const CONNECTIONS = 16;
/** Rounds before those that count: what V8 makes of a program changes over ten thousands of requests. */
const WARM_UP = 4;

/**
 * Decisions of the webhook beside answers of servers that decide nothing, over the same TLS, to the same requests. The server
 * that is measured has a process and a processor of its own; who asks, and the registry, share the other. What counts are
 * answers by the second that the server computes, as its own clock of the processor says: on a machine that others use as
 * well, the seconds on the wall are not the server's.
 */
export const webhook: Benchmark = {
  name: 'webhook',
  run: (effort) => withStage({}, (stage) => measure(stage, effort)),
};

async function measure(stage: Stage, effort: Effort): Promise<Outcome[]> {
  const ours = await stage.serve('webhook');
  return [
    ...(await cached(stage, ours, effort)),
    ...(await uncached(stage, ours, effort)),
    await burst(stage, ours, effort),
  ];
}

async function cached(stage: Stage, ours: Side, effort: Effort): Promise<Outcome[]> {
  const images = (await stage.put(['bench/app'])).map(({ image }) => image);
  const requests = Array.from({ length: effort.quick ? 200 : 4000 }, () => encodeReview(images));
  const slices = await takeTurns([ours, await stage.serve('echo')], effort, () => Promise.resolve(requests));
  const [decisions = [], echoes = []] = slices;
  return [
    {
      name: 'webhook, cached',
      what: `decisions from memory / answers of an empty node:https echo, by the second of the processor (${stage.where})`,
      ratio: medianRatio(decisions.map(rate), echoes.map(rate)),
      target: 0.7,
      better: 'higher',
    },
    {
      name: 'webhook, cached, p99',
      what: `the slowest of a hundred decisions from memory, ${CONNECTIONS} waiting / that of the echo`,
      ratio: medianRatio(decisions.map(p99), echoes.map(p99)),
      target: 3,
      better: 'lower',
    },
  ];
}

/** Each image is asked about for the first time; its registry answers at once. */
async function uncached(stage: Stage, ours: Side, effort: Effort): Promise<Outcome[]> {
  const sides = [ours, await stage.serve('verifying'), await stage.serve('reading')];
  const fresh = async (round: number): Promise<Buffer[]> => {
    const names = Array.from(
      { length: effort.quick ? 20 : 400 },
      (_, index) => `bench/round-${round}/image-${index}`,
    );
    return (await stage.put(names)).map(({ image, paths }) => encodeReview([image], paths));
  };
  const [decisions = [], verifying = [], reading = []] = await takeTurns(sides, effort, fresh);
  return [
    {
      name: 'webhook, uncached',
      what: 'decisions about images never seen, four requests to the registry each / the echo with one bare signature check',
      ratio: medianRatio(decisions.map(rate), verifying.map(rate)),
      target: 0.85,
      better: 'higher',
    },
    {
      name: 'webhook, uncached, reading',
      what: 'the same / the echo that also makes these four requests, by bare node:http',
      ratio: medianRatio(decisions.map(rate), reading.map(rate)),
      target: 0.85,
      better: 'higher',
    },
  ];
}

/** 30 pods of 5 containers at once, 150 images never seen, a registry with 300 ms for each answer. */
async function burst(stage: Stage, { door }: Side, { quick }: Effort): Promise<Outcome> {
  const pods = quick ? 3 : 30;
  const put = await stage.put(Array.from({ length: pods * 5 }, (_, index) => `bench/burst/image-${index}`));
  const images = put.map(({ image }) => image);
  const requests = Array.from({ length: pods }, (_, pod) => encodeReview(images.slice(pod * 5, pod * 5 + 5)));
  await stage.delay(300);
  const load = await Load.open(door, pods);
  const times = await load.ask(requests, expectAllowed);
  load.close();
  await stage.delay(0);
  return {
    name: 'webhook, burst',
    what: '30 pods of 5 images at once, registry with 300 ms: the last answer / the 10 s that the API server waits',
    ratio: Math.max(...times) / 10_000,
    target: 1,
    better: 'lower',
  };
}

interface Slice {
  /** Answers by the second that the server computed. */
  readonly rate: number;
  /** Of a hundred the slowest but one, in milliseconds. */
  readonly p99: number;
}

const rate = (slice: Slice): number => slice.rate;
const p99 = (slice: Slice): number => slice.p99;

/** Asks all sides the same, in random order, round by round. The first side has to allow all. */
async function takeTurns(
  sides: readonly Side[],
  { quick, rounds }: Effort,
  requestsOf: (round: number) => Promise<readonly Buffer[]>,
): Promise<readonly (readonly Slice[])[]> {
  const slices: Slice[][] = sides.map(() => []);
  const loads = await Promise.all(sides.map(({ door }) => Load.open(door, CONNECTIONS)));
  for (let round = quick ? 0 : -WARM_UP; round < rounds; round += 1) {
    const requests = await requestsOf(round);
    for (const [index, side] of shuffle([...sides.entries()])) {
      const load = loads[index];
      if (load === undefined) throw new TypeError('a side without connections');
      const taken = await takeSlice(side, load, requests, index === 0 ? expectAllowed : expectAnything);
      if (round >= 0) slices[index]?.push(taken);
    }
  }
  for (const load of loads) load.close();
  return slices;
}

async function takeSlice(
  { actor }: Side,
  load: Load,
  requests: readonly Buffer[],
  check: (answer: string) => void,
): Promise<Slice> {
  const before = await actor.cpuSeconds();
  const times = await load.ask(requests, check);
  const seconds = (await actor.cpuSeconds()) - before;
  return { rate: requests.length / seconds, p99: percentile(times, 0.99) };
}

function expectAllowed(answer: string): void {
  if (!answer.includes('"allowed":true')) throw new Error(`not allowed: ${answer.slice(0, 500)}`);
}

function expectAnything(): void {}

function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
