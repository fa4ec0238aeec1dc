import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { buildProvenance, clearStatement, parseJobRecord, readLockFile } from '@danube/builder';
import { openKey, signStatement } from '@danube/signer';
import { encodeEnvelope } from 'in-toto-attestation';
import { DANUBE } from '../repository.ts';
import { fixedKey } from './fixtures.ts';
import { race, timesOf } from './race.ts';
import { medianRatio, type Benchmark, type Outcome } from './row.ts';
import { withScratch } from './scratch.ts';

/** A second of work: what `run` adds is small beside builds, and is measured beside a short one. */
const WORK =
  'for (const end = Date.now() + 1000; Date.now() < end;); require("fs").writeFileSync("made", "x")';

/** `danube provenance run` beside the bare command, and a lock file of 50,000 packages into a signed statement. */
export const running: Benchmark = {
  name: 'running',
  run: ({ quick, rounds }) =>
    withScratch(async (folder) => [
      measureRun(folder, quick, rounds),
      await measureDependencies(folder, quick ? 1000 : 50_000, rounds),
    ]),
};

function privateKeyPem(): string | Buffer {
  return fixedKey(1).privateObject.export({ format: 'pem', type: 'pkcs8' });
}

function measureRun(folder: string, quick: boolean, rounds: number): Outcome {
  const key = join(folder, 'signing.key');
  writeFileSync(key, privateKeyPem(), { mode: 0o600 });
  const command = [process.execPath, '-e', quick ? WORK.replace('1000', '10') : WORK] as const;
  const options = ['--artifacts', 'made', '--key', key, '--out', join(folder, 'provenance.json')];
  const racers = [
    { name: 'bare', command, cwd: folder },
    {
      name: 'run',
      command: [process.execPath, DANUBE, 'provenance', 'run', ...options, '--', ...command] as const,
      cwd: folder,
    },
  ];
  const times = race(racers, rounds);
  return {
    name: 'run-overhead',
    what: 'a command of one second under danube provenance run / the command by itself',
    ratio: medianRatio(timesOf(times, 'run'), timesOf(times, 'bare')),
    target: 2,
    better: 'lower',
  };
}

/** From the bytes of a lock file to the bytes of an envelope; the floor writes and signs the same statement, and does no more. */
async function measureDependencies(folder: string, count: number, rounds: number): Promise<Outcome> {
  const lock = lockFile(count);
  const keyFile = join(folder, 'dependencies.key');
  writeFileSync(keyFile, privateKeyPem(), { mode: 0o600 });
  const backend = await openKey(keyFile);
  const [ours, floor]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const began = performance.now();
    const dependencies = readLockFile('package-lock.json', lock);
    const outputs = { artifacts: [{ name: 'app.tgz', digest: { sha256: 'a'.repeat(64) } }], dependencies };
    const { statement } = clearStatement(buildProvenance(RECORD, outputs), { now: new Date() });
    encodeEnvelope(await signStatement(statement, backend));
    ours.push(performance.now() - began);

    const again = performance.now();
    const payload = Buffer.from(JSON.stringify(statement));
    const sig = Buffer.from(await backend.sign(payload, {})).toString('base64');
    JSON.stringify({ payload: payload.toString('base64'), payloadType: 'x', signatures: [{ sig }] });
    floor.push(performance.now() - again);
  }
  await backend.close?.();
  return {
    name: 'dependencies-50000',
    what: '50,000 packages of a lock file into a signed statement, secrets looked for / JSON.stringify and sign',
    ratio: medianRatio(ours.slice(1), floor.slice(1)),
    target: 20,
    better: 'lower',
  };
}

function lockFile(count: number): Uint8Array {
  const packages: Record<string, object> = { '': { name: 'app', version: '1.0.0' } };
  for (let index = 0; index < count; index += 1) {
    const sha512 = createHash('sha512').update(String(index)).digest('base64');
    packages[`node_modules/package-${index}`] = {
      version: `1.${index % 100}.0`,
      resolved: `https://registry.npmjs.org/package-${index}/-/package-${index}-1.0.0.tgz`,
      integrity: `sha512-${sha512}`,
    };
  }
  return Buffer.from(JSON.stringify({ name: 'app', lockfileVersion: 3, packages }));
}

const RECORD = parseJobRecord(
  Buffer.from(
    JSON.stringify({
      apiVersion: 'danube.dev/v1',
      kind: 'JobRecord',
      job: { id: 'bench', attempt: 1, uri: 'https://ci.example.com/jobs/bench' },
      pipeline: { name: 'release' },
      status: 'succeeded',
      source: { uri: 'git+https://git.example.com/team/app', commit: '0'.repeat(40) },
      steps: [],
      artifacts: { paths: ['app.tgz'] },
      builder: { id: 'https://ci.example.com/danube' },
    }),
  ),
);
