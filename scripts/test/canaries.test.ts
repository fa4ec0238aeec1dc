import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { CREDENTIAL, REGION, startAws } from '../../packages/signer/test/servers/aws.ts';
import { startKubernetes } from '../../packages/signer/test/servers/kubernetes.ts';
import { DANUBE } from '../repository.ts';

const root = mkdtempSync(join(tmpdir(), 'danube-canaries-'));
const [aws, kubernetes] = [await startAws(), await startKubernetes()];
after(async () => {
  rmSync(root, { recursive: true });
  await Promise.all([aws.close(), kubernetes.close()]);
});
aws.addKey('ed25519', 'danube');

/** Planted secrets; what they are called is where they are planted. */
const CANARIES = {
  'the environment': CREDENTIAL.secretAccessKey,
  'a token file': 'CANARY/token+of=pod',
  'a passphrase file': 'CANARY passphrase/+=&',
};
kubernetes.tokens.set(CANARIES['a token file'], 'nobody');

/** Inputs hold them; everything else that lies around afterwards must not. */
const [inputs, outputs] = [join(root, 'inputs'), join(root, 'outputs')];
const account = join(inputs, 'kubernetes.io', 'serviceaccount');
for (const folder of [account, outputs, join(outputs, 'tmp')]) mkdirSync(folder, { recursive: true });
writeFileSync(join(account, 'token'), CANARIES['a token file']);
writeFileSync(join(account, 'ca.crt'), kubernetes.ca);
writeFileSync(join(inputs, 'passphrase'), CANARIES['a passphrase file'], { mode: 0o600 });
writeFileSync(join(inputs, 'wrong'), `${CANARIES['a passphrase file']}!`, { mode: 0o600 });
const config = join(inputs, 'config.json');
const credentials = {
  mode: 'static',
  accessKeyId: CREDENTIAL.accessKeyId,
  secretAccessKey: { secret: 'kms-secret' },
};
const document = {
  apiVersion: 'danube.dev/v1',
  kind: 'KeyConfig',
  secretDirectory: inputs,
  auditLog: join(outputs, 'audit.jsonl'),
};
writeFileSync(config, JSON.stringify({ ...document, kms: { allowLoopbackHttp: true, credentials } }));
writeFileSync(join(inputs, 'pod.json'), JSON.stringify(document));
const statement = join(inputs, 'statement.json');
writeFileSync(
  statement,
  JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'x', digest: { sha256: 'ab'.repeat(32) } }],
    predicateType: 'https://example.com/predicate/v1',
    predicate: {},
  }),
);

/** Runs the command; its arguments as the system shows them to everybody are in the output. */
async function danube(...args: readonly string[]): Promise<number | null> {
  const env = {
    ...process.env,
    AWS_REGION: REGION,
    KMS_SECRET: CANARIES['the environment'],
    KUBERNETES_SERVICE_HOST: kubernetes.host,
    KUBERNETES_SERVICE_PORT: kubernetes.port,
    KUBECONFIG: '',
    TMPDIR: join(outputs, 'tmp'),
  };
  const child = spawn(DANUBE, args, { cwd: outputs, env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => shown.push(data.toString()));
  shown.push(child.spawnargs.join(' '), ...processes(child.pid ?? 0));
  return new Promise((resolve) => child.on('close', resolve));
}

const shown: string[] = [];

function processes(pid: number): string[] {
  try {
    return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
  } catch {
    return []; // it is over already, or this system has no /proc
  }
}

/** The secret itself, and what encoders make of it. */
function formsOf(canary: string): string[] {
  const bytes = Buffer.from(canary);
  const encoded = (['base64', 'base64url', 'hex'] as const).map((form) =>
    bytes.toString(form).replace(/=+$/, ''),
  );
  return [
    canary,
    encodeURIComponent(canary),
    new URLSearchParams([['', canary]]).toString().slice(1),
    ...encoded,
  ];
}

function assertNoCanary(place: string, text: string): void {
  for (const [planted, canary] of Object.entries(CANARIES)) {
    for (const form of formsOf(canary))
      assert.ok(!text.includes(form), `${place} shows the secret of ${planted}`);
  }
}

describe('secrets that were planted (keys.md 21)', () => {
  it('are in no output, argument, temporary file, log or attestation, also encoded, when commands succeed or fail', async () => {
    const uri = `awskms://${aws.host}/alias/danube`;
    const pod = ['--key-config', join(inputs, 'pod.json')];
    const kms = ['--key-config', config];
    const key = join(outputs, 'file.key');
    const opened = ['--passphrase-file', join(inputs, 'passphrase')];
    assert.equal(await danube('keys', 'generate', '--out', key, ...opened), 0);
    const sign = ['provenance', 'sign', statement, '--key'];
    assert.equal(await danube(...sign, key, ...opened, '--out', 'file.att'), 0);
    assert.notEqual(await danube(...sign, key, '--passphrase-file', join(inputs, 'wrong')), 0);
    assert.equal(await danube(...sign, uri, ...kms, '--out', 'aws.att'), 0);
    const bundle = ['--delegate', '--format', 'bundle', '--out', 'aws.sigstore.json'];
    assert.equal(await danube(...sign, uri, ...kms, ...bundle), 0);
    for (const verb of ['show', 'doctor', 'public']) assert.equal(await danube('keys', verb, uri, ...kms), 0);
    assert.notEqual(await danube(...sign, 'k8s://signing/slsa', ...pod), 0);
    aws.denied.add('Sign');
    assert.notEqual(await danube(...sign, uri, ...kms), 0);
    shown.forEach((text) => assertNoCanary('what was printed', text));
    const left = readdirSync(outputs, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(left.sort(), [
      'audit.jsonl',
      'aws.att',
      'aws.sigstore.json',
      'file.att',
      'file.key',
      'file.key.pub',
      'tmp',
    ]);
    for (const name of left) {
      const path = join(outputs, name);
      if (statSync(path).isFile()) assertNoCanary(name, readFileSync(path, 'latin1'));
    }
  });
});
