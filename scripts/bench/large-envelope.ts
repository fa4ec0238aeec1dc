import { performance } from 'node:perf_hooks';
import { createVerifier } from '@danube/verifier';
import { fakeSubject, fixedKey, signProvenance } from './fixtures.ts';
import { medianRatio, type Benchmark } from './row.ts';
import { verifyAttestation } from './verify.ts';

/** Subjects are padded so that the envelope is 10 MB long; 16,384 is the most that we accept. */
const SUBJECTS = 16_384;
const NAME_LENGTH = 360;

export const largeEnvelope: Benchmark = {
  name: 'large-envelope',
  run({ quick, rounds }) {
    const key = fixedKey(0);
    const subjects = Array.from({ length: quick ? 512 : SUBJECTS }, (_, number) => {
      const { name, digest } = fakeSubject(number);
      return { name: name.padEnd(NAME_LENGTH, '-'), digest };
    });
    const { bytes, payload, subject } = signProvenance(subjects, key);
    const verifier = createVerifier({ publicKeys: [key.publicKey] });
    const ours = (): void => verifyAttestation({ bytes, sha256: subject.digest.sha256 }, verifier);
    const bare = (): void => {
      JSON.parse(Buffer.from(bytes).toString());
      JSON.parse(Buffer.from(payload).toString());
    };
    const [verified, parsed]: [number[], number[]] = [[], []];
    for (let round = -2; round < rounds * 3; round += 1) {
      const times = [ours, bare].map(timed);
      if (round >= 0) verified.push(times[0] ?? Number.NaN);
      if (round >= 0) parsed.push(times[1] ?? Number.NaN);
    }
    return [
      {
        name: 'large-envelope-verify',
        what: 'verify an envelope of 10 MB with 16,384 subjects / JSON.parse of it and of its statement',
        ratio: medianRatio(verified, parsed),
        target: 2.5,
        better: 'lower',
      },
    ];
  },
};

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
