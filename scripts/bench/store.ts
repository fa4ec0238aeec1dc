import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openSubjectDirectory, type SubjectStore } from '@danube/store';
import {
  encodeEnvelope,
  encodeStatement,
  PAYLOAD_TYPE,
  PROVENANCE_V1,
  STATEMENT_V1,
} from 'in-toto-attestation';
import { type Benchmark, median, medianRatio } from './row.ts';
import { withScratch } from './scratch.ts';

/** Milliseconds that a lookup may take, warm. */
const LOOKUP_MS = 5;

/**
 * The index of a data directory: making it, beside a bare walk over the same folders that reads every file; and looking up
 * with it, in milliseconds over those that a lookup may take. Every job is a folder of its own with a file in it, as
 * `attest` leaves it. `DANUBE_BENCH_JOBS=1000000` makes a million of them, in 8 GB and two million inodes of TMPDIR, and takes
 * most of an hour.
 */
export const store: Benchmark = {
  name: 'store',
  async run({ quick, rounds }) {
    const jobs = quick ? 500 : Number(process.env['DANUBE_BENCH_JOBS'] ?? 20_000);
    return withScratch(async (folder) => {
      writeJobs(folder, jobs);
      const [built, walked]: [number[], number[]] = [[], []];
      for (let round = 0; round <= Math.min(rounds, 3); round += 1) {
        walked.push(await time(() => walk(join(folder, 'artifacts'))));
        rmSync(join(folder, 'artifacts', '.index'), { recursive: true, force: true });
        built.push(await time(async () => void (await countOf(openSubjectDirectory(folder), 0))));
      }
      const opened = openSubjectDirectory(folder);
      const lookups: number[] = [];
      for (let index = 0; index < 200; index += 1) {
        const job = (index * 7919) % jobs;
        lookups.push(
          await time(async () => {
            if ((await countOf(opened, job)) !== 1) throw new Error('not found');
          }),
        );
      }
      const size = jobs.toLocaleString('en');
      return [
        {
          name: 'store-index',
          what: `index ${size} jobs of a data directory / walk over it, every file read`,
          ratio: medianRatio(built.slice(1), walked.slice(1)),
          target: 4,
          better: 'lower' as const,
        },
        {
          name: 'store-lookup',
          what: `look an attestation up among ${size} jobs, warm / ${LOOKUP_MS} ms`,
          ratio: median(lookups.slice(20)) / LOOKUP_MS,
          target: 1,
          better: 'lower' as const,
        },
      ];
    });
  },
};

const digestOf = (job: number): string => createHash('sha256').update(`artifact ${job}`).digest('hex');

function writeJobs(folder: string, count: number): void {
  for (let job = 0; job < count; job += 1) {
    const path = join(folder, 'artifacts', `job-${String(job).padStart(7, '0')}`);
    mkdirSync(path, { recursive: true });
    const payload = encodeStatement({
      _type: STATEMENT_V1,
      subject: [{ name: 'app.tgz', digest: { sha256: digestOf(job) } }],
      predicateType: PROVENANCE_V1,
      predicate: { buildDefinition: { buildType: 'https://example.com/type', externalParameters: { job } } },
    });
    const signatures = [{ keyid: 'SHA256:bench', sig: Buffer.alloc(64) }];
    writeFileSync(
      join(path, 'provenance.json'),
      encodeEnvelope({ payloadType: PAYLOAD_TYPE, payload, signatures }),
    );
  }
}

function walk(artifacts: string): number {
  let bytes = 0;
  for (const job of readdirSync(artifacts)) {
    for (const name of readdirSync(join(artifacts, job)))
      bytes += readFileSync(join(artifacts, job, name)).length;
  }
  return bytes;
}

async function countOf(opened: SubjectStore, job: number): Promise<number> {
  let count = 0;
  for await (const _ of opened.find(`sha256:${digestOf(job)}`)) count += 1;
  return count;
}

async function time(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
