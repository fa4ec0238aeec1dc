import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startRegistry, startTokenServer } from '@danube/test-registry';
import { CREDENTIAL, REGION, startAws } from '../../packages/signer/test/servers/aws.ts';
import { startKubernetes } from '../../packages/signer/test/servers/kubernetes.ts';
import { writePlugin } from '../../packages/signer/test/servers/plugin.ts';
import { LocalToken } from '../../packages/signer/test/servers/token.ts';
import { DANUBE, ROOT } from '../repository.ts';

const root = mkdtempSync(join(tmpdir(), 'danube-canaries-'));
const [aws, kubernetes] = [await startAws(), await startKubernetes()];
aws.addKey('ed25519', 'danube');

/** Planted secrets; what they are called is where they are planted. */
const CANARIES = {
  'the environment': CREDENTIAL.secretAccessKey,
  'a token file': 'CANARY/token+of=pod',
  'a passphrase file': 'CANARY passphrase/+=&',
  'a variable of ours': 'CANARY passphrase of a variable',
  "a token's PIN": new LocalToken('slsa').pin,
  'a credential helper': 'CANARY-from-the-helper/+=',
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

const users = { bob: { password: CANARIES['a credential helper'], may: { 'shop/app': 'pull,push' } } };
const tokens = await startTokenServer({ users });
const registry = await startRegistry({ auth: { tokens } });
const image = registry.putImage('shop/app', { content: 'private' });
after(async () => {
  rmSync(root, { recursive: true });
  await Promise.all([aws.close(), kubernetes.close(), tokens.close(), registry.close()]);
});

const statement = join(inputs, 'statement.json');
writeFileSync(
  statement,
  JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'x', digest: { sha256: image.digest.slice('sha256:'.length) } }],
    predicateType: 'https://example.com/predicate/v1',
    predicate: {},
  }),
);

/** Programs that the command runs; each writes down what it was started with. */
const programs = join(inputs, 'programs');
mkdirSync(programs);
const plugin = writePlugin(programs);
const helped = join(programs, 'helped');
const answer = JSON.stringify({
  ServerURL: registry.host,
  Username: 'bob',
  Secret: CANARIES['a credential helper'],
});
writeFileSync(
  join(programs, 'docker-credential-test'),
  `#!/bin/sh\nprintf '%s ' "$0" "$@" >> ${helped}\nenv >> ${helped}\ncat > /dev/null\necho '${answer}'\n`,
  { mode: 0o755 },
);
writeFileSync(join(inputs, 'docker.json'), JSON.stringify({ credsStore: 'test' }));

/** In place of the optional package: a token in the memory of the command. */
const local = pathToFileURL(join(ROOT, 'packages', 'signer', 'test', 'servers', 'token.ts')).href;
const shim = join(inputs, 'pkcs11js.mjs');
writeFileSync(
  shim,
  `import { LocalToken, moduleOf } from '${local}';
import { registerHooks } from 'node:module';
registerHooks({
  resolve: (name, context, next) =>
    name === 'pkcs11js' ? { url: import.meta.url, shortCircuit: true } : next(name, context),
});
const token = new LocalToken('slsa');
token.addKey('k', 1);
export default { PKCS11: function () { return moduleOf(token); } };
`,
);
writeFileSync(join(inputs, 'module.so'), '', { mode: 0o755 });
writeFileSync(join(inputs, 'token-pin'), `${CANARIES["a token's PIN"]}\n`, { mode: 0o600 });
const TOKEN_KEY = `pkcs11:token=slsa;object=k?module-path=${join(inputs, 'module.so')}&pin-source=secret:token-pin`;

/** Runs the command; its arguments as the system shows them to everybody are in the output. */
async function danube(...args: readonly string[]): Promise<number | null> {
  return danubeWith({}, ...args);
}

async function danubeWith(
  more: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<number | null> {
  const env = {
    ...process.env,
    AWS_REGION: REGION,
    KMS_SECRET: CANARIES['the environment'],
    KUBERNETES_SERVICE_HOST: kubernetes.host,
    KUBERNETES_SERVICE_PORT: kubernetes.port,
    KUBECONFIG: '',
    TMPDIR: join(outputs, 'tmp'),
    HOME: outputs,
    PATH: `${programs}${delimiter}${process.env['PATH'] ?? ''}`,
    ...more,
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

/** The secret itself, and what encoders make of it, also in the middle of something longer. */
function formsOf(canary: string): string[] {
  const bytes = Buffer.from(canary);
  const base64 = [0, 1, 2].flatMap((before) => [
    inBase64(bytes, before, 'base64'),
    inBase64(bytes, before, 'base64url'),
  ]);
  const hex = bytes.toString('hex');
  const forms = [canary, encodeURIComponent(canary), new URLSearchParams([['', canary]]).toString().slice(1)];
  return [...forms, JSON.stringify(canary).slice(1, -1), hex, hex.toUpperCase(), ...base64];
}

/** The characters that base64 makes of these bytes alone, with so many others before them and any behind. */
function inBase64(bytes: Buffer, before: number, form: 'base64' | 'base64url'): string {
  const all = Buffer.concat([Buffer.alloc(before), bytes]);
  return all.toString(form).slice(Math.ceil((before * 8) / 6), Math.floor((all.length * 8) / 6));
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
    const preload = { NODE_OPTIONS: `--import=${pathToFileURL(shim).href}` };
    const token = [...sign, TOKEN_KEY, ...pod];
    assert.equal(await danubeWith(preload, ...token, '--out', 'token.att'), 0);
    assert.equal(await danubeWith(preload, 'keys', 'doctor', TOKEN_KEY, ...pod), 0);
    writeFileSync(join(inputs, 'token-pin'), `${CANARIES["a token's PIN"]}!`);
    assert.notEqual(await danubeWith(preload, ...token), 0);
    const ours = { DANUBE_SIGNING_PASSPHRASE: CANARIES['a variable of ours'] };
    assert.equal(await danubeWith(ours, ...sign, 'testkms://ed', '--out', 'plugin.att'), 0);
    assert.notEqual(await danubeWith(ours, ...sign, 'testkms://ed-error'), 0);
    const reference = `${registry.host}/shop/app@${image.digest}`;
    const push = ['provenance', 'push', reference, '--provenance', 'file.att'];
    const hosts = ['--plain-http', registry.host, '--plain-http', tokens.host, '--token-server', tokens.host];
    const auth = ['--registry-auth', join(inputs, 'docker.json')];
    assert.equal(await danubeWith(ours, ...push, ...hosts, ...auth), 0);
    users.bob.password = 'another';
    assert.notEqual(await danubeWith(ours, ...push, ...hosts, ...auth), 0);
    assertNoCanary('what was printed, or an argument', shown.join(''));
    const left = readdirSync(outputs, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(left.sort(), [
      'audit.jsonl',
      'aws.att',
      'aws.sigstore.json',
      'file.att',
      'file.key',
      'file.key.pub',
      'plugin.att',
      'tmp',
      'token.att',
    ]);
    for (const name of left) {
      const path = join(outputs, name);
      if (statSync(path).isFile()) assertNoCanary(name, readFileSync(path, 'latin1'));
    }
  });

  it('are in no argument of the programs that it runs, and those of ours not in their environment (keys.md 22)', () => {
    const calls = readFileSync(plugin.seen, 'utf8').trim().split('\n');
    assert.ok(calls.length >= 4);
    for (const call of calls) {
      const { env, ...args } = JSON.parse(call) as { env: Record<string, string> };
      assertNoCanary('an argument of the plugin', JSON.stringify(args));
      assert.ok(!Object.values(env).includes(CANARIES['a variable of ours']), 'the plugin got our variable');
    }
    const started = readFileSync(helped, 'utf8');
    assert.match(started, /docker-credential-test get /);
    assert.ok(!started.includes(CANARIES['a credential helper']));
    assert.ok(!started.includes(CANARIES['a variable of ours']), 'the credential helper got our variable');
  });
});
