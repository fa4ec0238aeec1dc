import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findProgram } from '../peers.ts';
import { cleanEnvironment, DANUBE } from '../repository.ts';
import { accepts, refuses, same, type Peer } from './case.ts';
import { freePort } from './free-port.ts';
import type { Material } from './material.ts';

const REGION = 'eu-central-1';
const ENVIRONMENT = { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

interface Answer {
  readonly KeyMetadata?: { readonly Arn: string };
}

async function ask(url: string, action: string, input: object): Promise<Answer> {
  const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/kms/aws4_request, SignedHeaders=host, Signature=0`;
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `TrentService.${action}`,
    authorization,
  };
  const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(input) });
  if (!reply.ok) throw new Error(`${action}: ${reply.status} ${await reply.text()}`);
  const text = await reply.text();
  return text === '' ? {} : (JSON.parse(text) as Answer);
}

/** Runs the work while ministack answers at the URL. */
async function withMinistack(work: (url: string) => Promise<void>): Promise<void> {
  const program = findProgram('ministack');
  if (program === undefined) throw new Error('ministack is missing');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(program, [], {
    env: cleanEnvironment({ GATEWAY_PORT: String(port) }),
    stdio: 'ignore',
  });
  try {
    for (let attempt = 0; !(await isUp(url)); attempt += 1) {
      if (attempt === 300 || server.exitCode !== null) throw new Error('ministack does not start');
      await wait(100);
    }
    await work(url);
  } finally {
    server.kill('SIGKILL');
  }
}

async function isUp(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

/** A key of this spec there: its URI, and our command as it is called with it. */
async function makeKey(
  m: Material,
  url: string,
  KeySpec: string,
): Promise<{ uri: string; arn: string; run: Run }> {
  const config = join(m.folder, 'ministack-config.json');
  const kms = { allowLoopbackHttp: true };
  writeFileSync(config, JSON.stringify({ apiVersion: 'danube.dev/v1', kind: 'KeyConfig', kms }));
  const { KeyMetadata } = await ask(url, 'CreateKey', { KeySpec, KeyUsage: 'SIGN_VERIFY' });
  const arn = KeyMetadata?.Arn ?? '';
  const uri = `awskms://${new URL(url).host}/${arn}`;
  return {
    uri,
    arn,
    run: (...args) => accepts(process.execPath, [DANUBE, ...args, '--key-config', config], ENVIRONMENT),
  };
}

type Run = (...args: readonly string[]) => string;

function signVerify(m: Material, uri: string, run: Run): void {
  const at = (name: string): string => join(m.folder, `ministack-${name}`);
  writeFileSync(at('key.pub'), run('keys', 'public', uri));
  writeFileSync(at('statement.json'), m.envelope.payload);
  run('provenance', 'sign', at('statement.json'), '--key', uri, '--out', at('provenance.json'));
  const verify = ['provenance', 'verify', '--provenance', at('provenance.json'), m.artifact, '--public-key'];
  accepts(process.execPath, [DANUBE, ...verify, at('key.pub')]);
  refuses(process.execPath, [DANUBE, ...verify, m.otherPublicKey], /signature/);
}

/** A second opinion on the protocol of AWS KMS that our strict server was not written from. */
export const ministack: Peer = {
  name: 'ministack',
  source: 'PyPI',
  version() {
    const program = findProgram('ministack');
    if (program === undefined) return undefined;
    const python = join(program, '..', 'python3');
    return accepts(python, [
      '-c',
      "from importlib.metadata import version; print(version('ministack'))",
    ]).trim();
  },
  cases: [
    {
      what: 'signs with an Ed25519 key in its AWS KMS what we verify, and shows us its ARN',
      run: (m) =>
        withMinistack(async (url) => {
          const { uri, arn, run } = await makeKey(m, url, 'ECC_NIST_EDWARDS25519');
          signVerify(m, uri, run);
          const [shown] = JSON.parse(run('keys', 'show', uri, '--format', 'json')) as { key: string }[];
          same(arn, shown?.key ?? '');
        }),
    },
    {
      what: 'signs with a P-256 key in its AWS KMS what we verify',
      run: (m) =>
        withMinistack(async (url) => {
          const { uri, run } = await makeKey(m, url, 'ECC_NIST_P256');
          signVerify(m, uri, run);
        }),
    },
    {
      what: 'rotates: a new key behind the alias, and old and new verify',
      run: (m) =>
        withMinistack(async (url) => {
          const { arn, run } = await makeKey(m, url, 'ECC_NIST_EDWARDS25519');
          await ask(url, 'CreateAlias', { AliasName: 'alias/danube', TargetKeyId: arn });
          const uri = `awskms://${new URL(url).host}/alias/danube`;
          signVerify(m, uri, run);
          const before = run('keys', 'public', uri);
          run('keys', 'rotate', uri);
          if (run('keys', 'public', uri) === before) throw new Error('the alias has the old key');
          const old = [
            join(m.folder, 'ministack-key.pub'),
            join(m.folder, 'ministack-provenance.json'),
          ] as const;
          accepts(process.execPath, [
            DANUBE,
            'provenance',
            'verify',
            '--public-key',
            old[0],
            '--provenance',
            old[1],
            m.artifact,
          ]);
          signVerify(m, uri, run);
        }),
    },
  ],
};
