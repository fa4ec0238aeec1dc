/**
 * Tries our files, keys and signatures with the tools of other projects, and theirs with ours. Prints a line a case:
 * ok, FAILED or not run. Then shows the same files to one verifier after the other. Exits 1 when something failed.
 * `--vectors=FOLDER` says where published test vectors are;
 * `--record` writes the outcome to docs/interop.md as well; names of peers as arguments try only those, and `verifiers`
 * the verifiers alone.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments, refuseArguments } from '../arguments.ts';
import { HOW_TO_INSTALL } from '../peers.ts';
import { ROOT } from '../repository.ts';
import type { Material } from './material.ts';
import type { Case, Peer } from './case.ts';
import { makeMaterial } from './material.ts';
import { PEERS } from './all.ts';
import { tablesOf } from './matrix/all.ts';
import { runMatrix } from './matrix/main.ts';
import { readRecorded, writeRecorded } from './matrix/recorded.ts';
import { NOT_HAD } from './not-had.ts';
import { encodeOutcomes, replaceTables, type Outcome } from './record.ts';

async function tryCase(item: Case, material: Material): Promise<string> {
  try {
    await item.run(material);
    return 'ok';
  } catch (error) {
    return `FAILED: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function tryPeer(peer: Peer, material: Material): Promise<Outcome[]> {
  const version = peer.version();
  const outcomes: Outcome[] = [];
  for (const item of peer.cases) {
    const result =
      version === undefined
        ? `not run: ${peer.name} is missing; ${HOW_TO_INSTALL}`
        : await tryCase(item, material);
    console.log(`${peer.name} ${version ?? '-'}: ${item.what}: ${result}`);
    outcomes.push({ peer, version, what: item.what, result });
  }
  return outcomes;
}

function reportNotHad(): Outcome[] {
  return NOT_HAD.map(({ name, source, what, reason }) => {
    const result = `not run: ${reason}`;
    console.log(`${name} -: ${what}: ${result}`);
    return { peer: { name, source }, version: undefined, what, result };
  });
}

const { values, positionals: names } = readArguments('interop', {
  options: { record: { type: 'boolean', default: false }, vectors: { type: 'string' } },
  allowPositionals: true,
});
const { record: records, vectors } = values;

function chosenPeers(): readonly Peer[] {
  if (names.length === 0) return PEERS;
  if (names.length === 1 && names[0] === 'verifiers') return [];
  if (records) refuseArguments('interop', '--record writes about all peers: name none');
  const known = PEERS.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const all = [...known, 'verifiers'].map((name) => (name.includes(' ') ? `'${name}'` : name));
    refuseArguments('interop', `there is no peer ${unknown}; those there are: ${all.join(', ')}`);
  }
  return PEERS.filter(({ name }) => names.includes(name));
}

const chosen = chosenPeers();
if (records && vectors === undefined)
  refuseArguments('interop', '--record writes all tables: --vectors=FOLDER is needed');
const folder = mkdtempSync(join(tmpdir(), 'danube-interop-'));
try {
  const material = makeMaterial(folder);
  const outcomes: Outcome[] = [];
  for (const peer of chosen) outcomes.push(...(await tryPeer(peer, material)));
  if (chosen === PEERS) outcomes.push(...reportNotHad());
  const asked = chosen === PEERS || chosen.length === 0;
  const matrix = asked ? await runMatrix(tablesOf(vectors), records ? undefined : readRecorded()) : undefined;
  const results = [...outcomes.map(({ result }) => result), ...(matrix?.results ?? [])];
  const count = (word: string): number => results.filter((result) => result.startsWith(word)).length;
  console.log(`${count('ok')} ok, ${count('FAILED')} failed, ${count('not run')} not run`);
  if (records && matrix !== undefined) {
    writeRecorded(matrix.recorded);
    const path = join(ROOT, 'docs', 'interop.md');
    const { recorded } = matrix;
    writeFileSync(
      path,
      chosen === PEERS
        ? encodeOutcomes(outcomes, recorded)
        : replaceTables(readFileSync(path, 'utf8'), recorded),
    );
  }
  process.exitCode = count('FAILED') === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
