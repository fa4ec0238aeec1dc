/**
 * Tries our files, keys and signatures with the tools of other projects, and theirs with ours. Prints a line a case:
 * ok, FAILED or not run. Exits 1 when one failed. `--record` writes the outcome to docs/interop.md as well; names of
 * peers as arguments try only those.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOW_TO_INSTALL } from '../peers.ts';
import { ROOT } from '../repository.ts';
import type { Material } from './material.ts';
import type { Case, Peer } from './case.ts';
import { makeMaterial } from './material.ts';
import { PEERS } from './all.ts';
import { NOT_HAD } from './not-had.ts';
import { encodeOutcomes, type Outcome } from './record.ts';

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

function chosenPeers(): readonly Peer[] {
  const names = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
  if (names.length === 0) return PEERS;
  if (process.argv.includes('--record')) throw new Error('--record writes about all peers: name none');
  const unknown = names.find((name) => !PEERS.some((peer) => peer.name === name));
  if (unknown !== undefined) throw new Error(`there is no peer ${unknown}`);
  return PEERS.filter(({ name }) => names.includes(name));
}

const folder = mkdtempSync(join(tmpdir(), 'danube-interop-'));
try {
  const material = makeMaterial(folder);
  const outcomes: Outcome[] = [];
  const chosen = chosenPeers();
  for (const peer of chosen) outcomes.push(...(await tryPeer(peer, material)));
  if (chosen === PEERS) outcomes.push(...reportNotHad());
  const count = (word: string): number => outcomes.filter(({ result }) => result.startsWith(word)).length;
  console.log(`${count('ok')} ok, ${count('FAILED')} failed, ${count('not run')} not run`);
  if (process.argv.includes('--record'))
    writeFileSync(join(ROOT, 'docs', 'interop.md'), encodeOutcomes(outcomes));
  process.exitCode = count('FAILED') === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
