import { createHash, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, HOW_TO_INSTALL } from '../peers.ts';
import { DANUBE } from '../repository.ts';
import { fixedKey, signProvenance } from './fixtures.ts';
import { inTotoVerify } from './in-toto.ts';
import { race, timesOf, type Racer } from './race.ts';
import { medianRatio, type Benchmark, type Outcome } from './row.ts';
import { withScratch } from './scratch.ts';

const TARGETS = [
  { name: 'cli-verify-to-node', peer: 'node -e 0', target: 1.65 },
  { name: 'cli-verify-to-in-toto-verify', peer: 'in-toto-verify', target: 0.5 },
  { name: 'cli-verify-to-sigstore-version', peer: 'sigstore --version', target: 0.5 },
] as const;

/** `danube provenance verify` of 1 MB with a 4 kB envelope, as a whole process, beside other whole processes. */
export const startup: Benchmark = {
  name: 'startup',
  run: ({ rounds }) =>
    withScratch((folder) => {
      const racers = [ours(folder), ...peers(folder)];
      const times = race(racers, rounds * 3);
      return TARGETS.map(({ name, peer, target }): Outcome => {
        const what = `danube provenance verify / ${peer}`;
        if (!times.has(peer)) return { name, what, notRun: `${peer} is missing; ${HOW_TO_INSTALL}` };
        const ratio = medianRatio(timesOf(times, 'ours'), timesOf(times, peer));
        return { name, what, ratio, target, better: 'lower' };
      });
    }),
};

function ours(folder: string): Racer {
  const artifact = randomBytes(1_000_000);
  const sha256 = createHash('sha256').update(artifact).digest('hex');
  const key = fixedKey(1);
  const [artifactPath, provenancePath, keyPath] = ['artifact.bin', 'provenance.json', 'key.pub'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(artifactPath, artifact);
  writeFileSync(provenancePath, signProvenance([{ name: 'artifact.bin', digest: { sha256 } }], key).bytes);
  writeFileSync(keyPath, key.publicKeyPem);
  const args = ['--provenance', provenancePath, '--public-key', keyPath, artifactPath];
  return { name: 'ours', command: [process.execPath, DANUBE, 'provenance', 'verify', ...args] };
}

function peers(folder: string): Racer[] {
  const found: Racer[] = [{ name: 'node -e 0', command: [process.execPath, '-e', '0'] }];
  const inToto = inTotoVerify(folder);
  if (inToto !== undefined) found.push({ name: 'in-toto-verify', command: inToto });
  const sigstore = findProgram('sigstore');
  if (sigstore !== undefined && existsSync(sigstore)) {
    found.push({ name: 'sigstore --version', command: [process.execPath, sigstore, '--version'] });
  }
  return found;
}
