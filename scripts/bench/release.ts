import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { DANUBE } from '../repository.ts';
import { fixedKey, signProvenance, type Signed, type SigningKey } from './fixtures.ts';
import { race, timesOf } from './race.ts';
import { medianRatio, type Benchmark } from './row.ts';
import { withScratch } from './scratch.ts';

const KEYS = 16;

/** A whole release by the command: as many attestations as artifacts, by many keys. */
export const release: Benchmark = {
  name: 'release',
  run: ({ quick, rounds }) =>
    withScratch((folder) => {
      const name = 'release';
      const what =
        'verify 10,000 artifacts of 10 kB, an attestation each / hash them, then check the signatures';
      if (availableParallelism() < 2) return [{ name, what, notRun: 'this machine has one processor' }];
      const keys = Array.from({ length: KEYS }, (_, number) => fixedKey(number));
      writeRelease(folder, keys, quick ? 300 : 10_000);
      const trusted = keys.flatMap((_, number) => ['--public-key', join(folder, `${number}.pub`)]);
      const places = [join(folder, 'files'), '--provenance', join(folder, 'attestations')];
      const floor = join(import.meta.dirname, 'release-floor.mjs');
      const times = race(
        [
          {
            name: 'ours',
            command: [process.execPath, DANUBE, 'provenance', 'verify', ...places, ...trusted],
          },
          { name: 'floor', command: [process.execPath, floor, folder] },
        ],
        rounds,
      );
      const ratio = medianRatio(timesOf(times, 'ours'), timesOf(times, 'floor'));
      return [{ name, what, ratio, target: 1.35, better: 'lower' }];
    }),
};

function writeRelease(folder: string, keys: readonly SigningKey[], count: number): void {
  mkdirSync(join(folder, 'files'));
  mkdirSync(join(folder, 'attestations'));
  keys.forEach(({ publicKeyPem }, number) => writeFileSync(join(folder, `${number}.pub`), publicKeyPem));
  const signed = Array.from({ length: count }, (_, number) => {
    const name = `part-${String(number).padStart(5, '0')}.bin`;
    const bytes = randomBytes(10_000);
    writeFileSync(join(folder, 'files', name), bytes);
    const key = keys[number % keys.length] ?? fixedKey(number);
    const one = signProvenance(
      [{ name, digest: { sha256: createHash('sha256').update(bytes).digest('hex') } }],
      key,
    );
    writeFileSync(join(folder, 'attestations', `${name}.intoto.jsonl`), one.bytes);
    return one;
  });
  writeFileSync(join(folder, 'keys.json'), JSON.stringify(keys.map(({ publicKeyPem }) => publicKeyPem)));
  writeFileSync(join(folder, 'signatures.bin'), packSignatures(signed, keys));
}

/** What release-floor.mjs reads. */
function packSignatures(signed: readonly Signed[], keys: readonly SigningKey[]): Uint8Array {
  const numbers = new Uint32Array(2 + 3 * signed.length);
  numbers[0] = signed.length;
  let start = numbers.byteLength;
  const parts: Uint8Array[] = [new Uint8Array(numbers.buffer)];
  for (const [index, { key, signature, message }] of signed.entries()) {
    const end = start + signature.length + message.length;
    numbers.set([keys.indexOf(key), start, end], 2 + 3 * index);
    parts.push(signature, message);
    start = end;
  }
  const padding = (4 - (start % 4)) % 4;
  return Buffer.concat([...parts, new Uint8Array(padding)]);
}
