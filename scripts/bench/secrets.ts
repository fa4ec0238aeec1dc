import { performance } from 'node:perf_hooks';
import { scanSecrets } from '@danube/builder';
import type { JsonValue } from 'in-toto-attestation';
import { statement } from '../../packages/builder/test/secrets/corpus.ts';
import { seeded } from '../../packages/builder/test/secrets/random.ts';
import { medianRatio, type Benchmark } from './row.ts';

/** The scan for credentials of 1 MB of provenance, beside native JSON.parse of the same. */
export const secrets: Benchmark = {
  name: 'secrets',
  run({ quick, rounds }) {
    const text = provenanceOf(quick ? 100_000 : 1_000_000);
    const value: JsonValue = JSON.parse(text);
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round += 1) {
      theirs.push(time(() => void JSON.parse(text)));
      ours.push(time(() => void scanSecrets(value)));
    }
    return [
      {
        name: 'secret-scan',
        what: 'look through 1 MB of provenance for credentials / JSON.parse of the same',
        ratio: medianRatio(ours.slice(1), theirs.slice(1)),
        target: 10,
        better: 'lower',
      },
    ];
  },
};

function provenanceOf(bytes: number): string {
  const documents: string[] = [];
  for (let [seed, length] = [0, 0]; length < bytes; seed += 1) {
    const document = JSON.stringify(statement(seeded(seed)));
    documents.push(document);
    length += document.length;
  }
  return `[${documents.join(',')}]`;
}

function time(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
