/**
 * A soak of the webhook: 200,000 reviews, or as many as the argument says. Seven in ten are about few images that are
 * remembered, one in four about many that are forgotten again before they come back, one in twenty about images that nobody
 * signed. Exits 1 when more objects are alive at the end than a tenth above those after the first quarter.
 */
import { Load } from './webhook-load.ts';
import { encodeReview } from './webhook-review.ts';
import type { PutImage } from './webhook-registry.ts';
import { withStage } from './webhook-stage.ts';

const REMEMBERED = 1000;
const MOST = 1.1;
const reviews = Number(process.argv[2] ?? 200_000);
if (!(reviews > 0 && reviews % 80 === 0))
  throw new Error('expected a multiple of 80 as the number of reviews');

const heaps = await withStage({ cache: { entries: REMEMBERED } }, async (stage) => {
  const many = await stage.put(
    Array.from({ length: Math.min(4 * REMEMBERED, reviews / 4) }, (_, index) => `soak/many-${index}`),
  );
  const unsigned = await stage.put(
    Array.from({ length: Math.min(2 * REMEMBERED, reviews / 20) }, (_, index) => `soak/unsigned-${index}`),
    false,
  );
  const few = many.slice(0, 20);
  const requestOf = (number: number): Buffer => {
    const [round, kind] = [Math.floor(number / 20), number % 20];
    if (kind === 0) return reviewOf(unsigned, round);
    return kind <= 5 ? reviewOf(many, round * 5 + kind) : reviewOf(few, number);
  };
  const { actor, door } = await stage.serve('webhook');
  const load = await Load.open(door, 16);
  const after: number[] = [];
  for (let quarter = 0; quarter < 4; quarter += 1) {
    const counts = { allowed: 0, denied: 0, undecided: 0 };
    await load.ask(requestsFrom((quarter * reviews) / 4, reviews / 4, requestOf), (answer) => {
      counts[outcomeOf(answer)] += 1;
    });
    after.push(await actor.heapBytes());
    if (counts.denied > reviews / 80 || counts.allowed > (reviews * 19) / 80)
      throw new Error(`wrong decisions: ${JSON.stringify(counts)}`);
    const megabytes = ((after.at(-1) ?? Number.NaN) / 1e6).toFixed(1);
    console.log(`${(quarter + 1) * 25} %: ${megabytes} MB alive; ${JSON.stringify(counts)} in this quarter`);
  }
  load.close();
  return after;
});

/** What could not be decided in time, on a machine that others use as well, is told and is no verdict. */
function outcomeOf(answer: string): 'allowed' | 'denied' | 'undecided' {
  if (answer.includes('"allowed":true')) return 'allowed';
  if (answer.includes('evidence.found failed')) return 'denied';
  console.log(answer);
  return 'undecided';
}

function reviewOf(images: readonly PutImage[], index: number): Buffer {
  return encodeReview([images[index % images.length]?.image ?? '']);
}

function* requestsFrom(
  first: number,
  count: number,
  requestOf: (number: number) => Buffer,
): Generator<Buffer> {
  for (let number = first; number < first + count; number += 1) yield requestOf(number);
}

const ratio = (heaps.at(-1) ?? Number.NaN) / (heaps[0] ?? Number.NaN);
console.log(
  `alive after ${reviews} reviews / after a quarter of them: ${ratio.toFixed(2)} (at most ${MOST})`,
);
process.exitCode = ratio <= MOST ? 0 : 1;
