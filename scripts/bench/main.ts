/**
 * Measures what the design promises, as ratios within one run of interleaved rounds, and their medians: only those mean
 * something on a machine that is not alone. Exits 1 when a target is missed.
 *
 *   npm run bench                   a table
 *   npm run bench -- --json         one JSON object a line
 *   npm run bench -- --quick        small inputs and few rounds: shows that it runs, judges nothing
 *   npm run bench -- --record       writes the figures to docs/speed.md as well
 *   npm run bench -- --only NAME    one group: startup, library, hashing, large-envelope, secrets, policy, release,
 *                                   signing, running, store, webhook
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments, refuseArguments } from '../arguments.ts';
import { ROOT } from '../repository.ts';
import { hashing } from './hashing.ts';
import { largeEnvelope } from './large-envelope.ts';
import { library } from './library.ts';
import { encodeFigures } from './record.ts';
import { policy } from './policy.ts';
import { secrets } from './secrets.ts';
import { meetsTarget, type Benchmark, type Effort, type Outcome } from './row.ts';
import { release } from './release.ts';
import { running } from './running.ts';
import { signing } from './signing.ts';
import { startup } from './startup.ts';
import { store } from './store.ts';
import { webhook } from './webhook.ts';

const BENCHMARKS: readonly Benchmark[] = [
  startup,
  library,
  largeEnvelope,
  hashing,
  secrets,
  policy,
  release,
  signing,
  running,
  store,
  webhook,
];
const FULL: Effort = { quick: false, rounds: 9 };
const QUICK: Effort = { quick: true, rounds: 1 };

function encodeJson(outcome: Outcome): string {
  if ('notRun' in outcome) return JSON.stringify({ name: outcome.name, notRun: outcome.notRun });
  const { name, ratio, target, better } = outcome;
  return JSON.stringify({ name, ratio: Number(ratio.toFixed(3)), target, better });
}

function encodeText(outcome: Outcome, quick: boolean): string {
  const name = outcome.name.padEnd(34);
  if ('notRun' in outcome) return `${name} not run: ${outcome.notRun}`;
  const target = `${outcome.better === 'lower' ? 'at most' : 'at least'} ${outcome.target}`;
  const verdict = quick ? 'quick run' : meetsTarget(outcome) ? 'ok' : 'MISSED';
  return `${name} ${outcome.ratio.toFixed(2).padStart(8)}  ${target.padEnd(13)} ${verdict.padEnd(9)}  ${outcome.what}`;
}

const { values } = readArguments('bench', {
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
if (values.record && (values.quick || values.only !== undefined))
  refuseArguments('bench', '--record takes a whole run');
const effort = values.quick ? QUICK : FULL;
const chosen = BENCHMARKS.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0)
  refuseArguments('bench', `--only takes ${BENCHMARKS.map(({ name }) => name).join(', ')}`);

const outcomes: Outcome[] = [];
for (const benchmark of chosen) {
  for (const outcome of await benchmark.run(effort)) {
    console.log(values.json ? encodeJson(outcome) : encodeText(outcome, effort.quick));
    outcomes.push(outcome);
  }
}
if (values.record) writeFileSync(join(ROOT, 'docs', 'speed.md'), encodeFigures(outcomes));
const missed = outcomes.filter((outcome) => !('notRun' in outcome) && !meetsTarget(outcome));
process.exitCode = effort.quick || missed.length === 0 ? 0 : 1;
