/** An S3 server of others, which checks signatures and conditions. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openS3Jobs, openS3Store } from '@danube/store/s3';
import { findProgram } from '../peers.ts';
import { DANUBE } from '../repository.ts';
import { accepts, type Peer, refuses, runProgram } from './case.ts';
import { freePort } from './free-port.ts';
import { whileRunning } from './key-service.ts';
import type { Material } from './material.ts';

const CREDENTIAL = { accessKeyId: 'danube', secretAccessKey: 'a secret for this test' };
const REGION = 'eu-central-1';
const BUCKET = 'attestations';

function program(): string {
  const found = findProgram('versitygw');
  if (found === undefined) throw new Error('versitygw is missing');
  return found;
}

/** With one bucket, which is a folder. */
async function withServer(m: Material, use: (endpoint: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(m.folder, 's3-'));
  for (const name of ['data', 'data/attestations', 'iam']) mkdirSync(join(folder, name));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const keys = ['--access', CREDENTIAL.accessKeyId, '--secret', CREDENTIAL.secretAccessKey];
  const args = ['--port', `127.0.0.1:${port}`, '--region', REGION, ...keys, 'posix', join(folder, 'data')];
  const ready = async (): Promise<void> => {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const answered = await fetch(endpoint).then(
        () => true,
        () => false,
      );
      if (answered) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('versitygw does not answer');
  };
  await whileRunning(program(), args, {}, ready, () => use(endpoint));
}

const environment = (endpoint: string): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: CREDENTIAL.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIAL.secretAccessKey,
  AWS_REGION: REGION,
  AWS_ENDPOINT_URL_S3: endpoint,
});

export const versitygw: Peer = {
  name: 'versitygw',
  source: 'Go module github.com/versity/versitygw',
  version() {
    const found = findProgram('versitygw');
    return found === undefined
      ? undefined
      : (/mod\tgithub\.com\/versity\/versitygw\t(v[0-9.]+)/.exec(readFileSync(found, 'latin1'))?.[1] ??
          'unknown');
  },
  cases: [
    {
      what: 'keeps the attestations that our command pushes, and our command finds them by digest',
      run: (m) =>
        withServer(m, async (endpoint) => {
          const env = environment(endpoint);
          const store = ['--store', `s3://${BUCKET}/team/shop`];
          const push = ['provenance', 'push', '--provenance', m.provenance, ...store];
          for (let time = 0; time < 2; time += 1) accepts(process.execPath, [DANUBE, ...push], env);
          const verify = ['provenance', 'verify', '--public-key', m.publicKey, ...store];
          accepts(process.execPath, [DANUBE, ...verify, m.artifact], env);
          refuses(process.execPath, [DANUBE, ...verify, m.tamperedArtifact], /rejected/, { more: env });
        }),
    },
    {
      what: 'keeps jobs that our command attests: the same facts once, other facts never',
      run: (m) =>
        withServer(m, async (endpoint) => {
          const env = environment(endpoint);
          const store = ['--store', `s3://${BUCKET}/jobs-of/shop`];
          const [record, other] = [join(m.folder, 'job.json'), join(m.folder, 'other-job.json')];
          writeFileSync(other, readFileSync(record, 'utf8').replace('refs/heads/main', 'refs/heads/other'));
          const artifacts = ['--artifacts', dirname(m.artifact), '--logs', join(m.folder, 'logs')];
          const attest = (job: string): string[] => {
            const facts = ['--job-record', job, ...artifacts, '--key', m.key];
            return [DANUBE, 'provenance', 'attest', ...facts, ...store];
          };
          for (let time = 0; time < 2; time += 1) accepts(process.execPath, attest(record), env);
          const verify = ['provenance', 'verify', '--public-key', m.publicKey, ...store];
          accepts(process.execPath, [DANUBE, ...verify, m.artifact], env);
          refuses(process.execPath, attest(other), /other facts/, { code: 2, more: env });
        }),
    },
    {
      what: 'takes one of twenty jobs of the same name that say different things at the same time',
      run: (m) =>
        withServer(m, async (endpoint) => {
          const bytes = readFileSync(m.provenance);
          const outcomes = await Promise.allSettled(
            Array.from({ length: 20 }, async (_, index) => {
              const options = {
                bucket: BUCKET,
                region: REGION,
                endpoint,
                credentials: async () => CREDENTIAL,
              };
              const jobs = openS3Jobs(options);
              // JSON with other white space is another file.
              const own = Buffer.concat([bytes, Buffer.from(' '.repeat(index))]);
              await jobs.put('job-1', new Map([['provenance.json', own]])).finally(() => jobs.close());
            }),
          );
          const stored = outcomes.filter(({ status }) => status === 'fulfilled').length;
          if (stored !== 1) throw new Error(`${stored} of them stored, not 1`);
        }),
    },
    {
      what: 'refuses our request with a wrong secret, and we say that it does',
      run: (m) =>
        withServer(m, async (endpoint) => {
          const env = { ...environment(endpoint), AWS_SECRET_ACCESS_KEY: 'another secret' };
          const push = ['provenance', 'push', '--provenance', m.provenance, '--store', `s3://${BUCKET}`];
          const { status, output } = runProgram(process.execPath, [DANUBE, ...push], env);
          if (status !== 3 || !output.includes('SignatureDoesNotMatch')) throw new Error(output);
        }),
    },
    {
      what: 'takes each attestation once of twenty writers at the same time',
      run: (m) =>
        withServer(m, async (endpoint) => {
          const open = (): ReturnType<typeof openS3Store> =>
            openS3Store({ bucket: BUCKET, region: REGION, endpoint, credentials: async () => CREDENTIAL });
          const bytes = readFileSync(m.provenance);
          const isNew = await Promise.all(Array.from({ length: 20 }, async () => open().put(bytes)));
          if (isNew.filter(Boolean).length !== 1) throw new Error('written more than once');
          const found: string[] = [];
          for await (const { path } of open().find(`sha256:${m.sha256}`)) found.push(path);
          if (found.length !== 1) throw new Error(`${found.length} found, not 1`);
        }),
    },
  ],
};
