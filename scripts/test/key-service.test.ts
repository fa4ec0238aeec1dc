import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { encodePublicKeyPem, parsePublicKey, verifySignature } from '@danube/keys';
import { pae, parseEnvelope } from 'in-toto-attestation';
import { CREDENTIAL, REGION, startAws } from '../../packages/signer/test/servers/aws.ts';
import { startKubernetes } from '../../packages/signer/test/servers/kubernetes.ts';
import { jobRecord } from '../demo/job-record.ts';
import { DANUBE, ROOT } from '../repository.ts';

const root = mkdtempSync(join(tmpdir(), 'danube-key-service-'));
const aws = await startAws();
after(async () => {
  rmSync(root, { recursive: true });
  await aws.close();
});
const kubernetes = await startKubernetes();
after(() => kubernetes.close());
kubernetes.tokens.set('CANARY-token', 'signer');
kubernetes.grants.add('signer signing/slsa');
const account = join(root, 'kubernetes.io', 'serviceaccount');
mkdirSync(account, { recursive: true });
writeFileSync(join(account, 'token'), 'CANARY-token');
writeFileSync(join(account, 'ca.crt'), kubernetes.ca);
const pod = {
  KUBERNETES_SERVICE_HOST: kubernetes.host,
  KUBERNETES_SERVICE_PORT: kubernetes.port,
  KUBECONFIG: '',
};
const ed = aws.addKey('ed25519', 'danube');
const KEY = `awskms://${aws.host}/alias/danube`;
const CONFIG = {
  apiVersion: 'danube.dev/v1',
  kind: 'KeyConfig',
  auditLog: join(root, 'audit.jsonl'),
  kms: {
    allowLoopbackHttp: true,
    credentials: {
      mode: 'static',
      accessKeyId: CREDENTIAL.accessKeyId,
      secretAccessKey: { secret: 'kms-secret' },
    },
  },
};
const config = writeJson('config.json', CONFIG);
const publicPem = encodePublicKeyPem(parsePublicKey(ed.publicKey.export({ type: 'spki', format: 'der' })));
writeFileSync(join(root, 'danube.pub'), publicPem);

function writeJson(name: string, value: unknown): string {
  const path = join(root, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

function statement(name: string): string {
  return writeJson(`${name}.json`, {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name, digest: { sha256: 'ab'.repeat(32) } }],
    predicateType: 'https://example.com/predicate/v1',
    predicate: {},
  });
}

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Interrupt = (kill: (signal: NodeJS.Signals) => void) => void;

function danube(
  args: readonly string[],
  more: Interrupt | Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const during = typeof more === 'function' ? more : undefined;
  const env = {
    ...process.env,
    ...(typeof more === 'object' && more),
    NO_COLOR: '1',
    AWS_REGION: REGION,
    KMS_SECRET: CREDENTIAL.secretAccessKey,
  };
  return new Promise((resolve) => {
    const child = execFile(DANUBE, args, { cwd: root, env }, (error, stdout, stderr) => {
      assert.doesNotMatch(`${stdout}${stderr}`, /CANARY/);
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
        stdout,
        stderr,
      });
    });
    during?.((signal) => child.kill(signal));
  });
}

const podConfig = writeJson('pod.json', {
  apiVersion: 'danube.dev/v1',
  kind: 'KeyConfig',
  secretDirectory: root,
});

/** What `kubectl create secret generic slsa --from-file=…` does with the key that was just made. */
function keepInSecret(): void {
  const files = ['signing.key', 'signing.key.pub'];
  const data = files.map((name) => [name, readFileSync(join(root, name), 'utf8')]);
  kubernetes.secrets.set('signing/slsa', Object.fromEntries(data));
}

const withConfig = (...args: readonly string[]): string[] => [...args, '--key-config', config];

describe('danube with a key in a key service', () => {
  it('signs what verifies with the public key that it prints, and warns of the static credential', async () => {
    const { code, stderr } = await danube(
      withConfig('provenance', 'sign', statement('app'), '--key', KEY, '--out', 'app.att'),
    );
    assert.deepEqual([code, existsSync(join(root, 'app.att'))], [0, true], stderr);
    assert.match(stderr, /warning: the AWS key in use is a static one/);
    const printed = await danube(withConfig('keys', 'public', KEY));
    assert.equal(printed.stdout, publicPem);
    const { payloadType, payload, signatures } = parseEnvelope(readFileSync(join(root, 'app.att')));
    const key = parsePublicKey(Buffer.from(printed.stdout));
    assert.ok(verifySignature(key, pae(payloadType, payload), signatures[0]!.sig));
  });

  it('shows the key, as text and as JSON', async () => {
    const { stdout } = await danube(withConfig('keys', 'show', KEY, '--format', 'json'));
    const [shown] = JSON.parse(stdout) as { key: string; maxMessageBytes: number; service: string }[];
    assert.deepEqual([shown?.key, shown?.maxMessageBytes, shown?.service], [ed.arn, 4096, 'AWS KMS']);
    assert.match(
      (await danube(withConfig('keys', 'show', KEY))).stdout,
      /service +AWS KMS\n.*\n.*key id +SHA256:/,
    );
  });

  it('examines it: 0 when nothing fails, 1 when signing is not permitted', async () => {
    const healthy = await danube(withConfig('keys', 'doctor', KEY));
    assert.equal(healthy.code, 0, healthy.stderr);
    assert.match(healthy.stdout, /permitted +ok/);
    aws.denied.add('Sign');
    const denied = await danube(withConfig('keys', 'doctor', KEY, '--format', 'json'));
    aws.denied.clear();
    assert.equal(denied.code, 1);
  });

  it('rotates it, and says what the trust root needs', async () => {
    aws.addKey('ed25519', 'turning');
    const uri = `awskms://${aws.host}/alias/turning`;
    const { code, stdout } = await danube(
      withConfig('keys', 'rotate', uri, '--out', 'new.pub', '--format', 'json'),
    );
    assert.equal(code, 0);
    const { trustRoot } = JSON.parse(stdout) as { trustRoot: { add: { publicKey: string } } };
    assert.equal(trustRoot.add.publicKey, readFileSync(join(root, 'new.pub'), 'utf8'));
  });

  it('says why a key file cannot be examined or rotated', async () => {
    await danube(['keys', 'generate', '--out', 'file.key']);
    for (const verb of ['doctor', 'rotate']) assert.equal((await danube(['keys', verb, 'file.key'])).code, 2);
  });

  it('signs many statements into JSON Lines, and nothing when one fails', async () => {
    const files = ['a', 'b', 'c'].map(statement);
    const args = withConfig(
      'provenance',
      'sign',
      ...files,
      '--key',
      KEY,
      '--concurrency',
      '2',
      '--rate',
      '50',
    );
    assert.equal((await danube(args)).code, 2);
    const { code, stdout } = await danube([...args, '--format', 'jsonl']);
    assert.equal(code, 0);
    assert.equal(stdout.trim().split('\n').length, 3);
    writeFileSync(join(root, 'broken.json'), '{}');
    const failed = await danube([...args, 'broken.json', '--format', 'jsonl', '--out', 'many.jsonl']);
    assert.deepEqual([failed.code === 0, existsSync(join(root, 'many.jsonl'))], [false, false]);
  });

  it('signs what is too long for the service by a key that it delegates to, as docs/keys.md shows', async () => {
    mkdirSync(join(root, 'dist'));
    writeFileSync(join(root, 'dist', 'app.txt'), 'hello');
    const sha256 = createHash('sha256').update('hello').digest('hex');
    writeJson('statement.json', {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'app.txt', digest: { sha256 } }],
      predicateType: 'https://example.com/predicate/v1',
      predicate: { text: 'x'.repeat(10_000) },
    });
    const direct = await danube(withConfig('provenance', 'sign', 'statement.json', '--key', KEY));
    assert.equal(direct.code, 2);
    assert.match(direct.stderr, /AWS KMS signs at most 4096 with Ed25519\nhint: .*--delegate/);
    const page = readFileSync(join(ROOT, 'docs', 'keys.md'), 'utf8');
    const [signing = '', verifying = ''] =
      page.match(/^danube provenance (sign .*--delegate|verify) .*$/gm) ?? [];
    const sign = signing.replace('awskms:///', `awskms://${aws.host}/`).split(' ').slice(1);
    const signed = await danube(withConfig(...sign));
    assert.equal(signed.code, 0, signed.stderr);
    const verify = verifying.split(' ').slice(1);
    const type = ['--predicate-type', 'https://example.com/predicate/v1', '--format', 'json'];
    const verified = await danube([...verify, ...type]);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    assert.match(verified.stdout, /"key\.delegation",\s*"status": "pass"/);
    const bundle = readFileSync(join(root, 'app.sigstore.json'));
    writeFileSync(join(root, 'statement.json'), '{}');
    assert.notEqual((await danube(withConfig(...sign))).code, 0);
    assert.deepEqual(readFileSync(join(root, 'app.sigstore.json')), bundle);
  });

  it('delegates for a bundle only, which can hold the certificate', async () => {
    const args = withConfig('provenance', 'sign', statement('app'), '--key', KEY, '--delegate');
    aws.received.length = 0;
    for (const more of [[], ['--format', 'jsonl'], ['--append']]) {
      const { code, stderr } = await danube([...args, ...more]);
      assert.equal(code, 2);
      assert.match(stderr, /bundle/);
    }
    assert.equal(aws.received.filter(({ body }) => body.includes('Message')).length, 0);
    const predicate = writeJson('predicate.json', { x: 1 });
    const type = ['--predicate-type', 'https://example.com/p/v1', '--predicate', predicate];
    const attest = ['attest', ...type, '--digest', `sha256:${'ab'.repeat(32)}`, '--key', KEY, '--delegate'];
    const { code, stdout, stderr } = await danube(withConfig(...attest, '--format', 'bundle'));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /"certificate":\{"rawBytes"/);
  });

  it('leaves nothing behind when it is interrupted while the service is silent (SIGINT)', async () => {
    const opened = aws.received.length;
    aws.failures.push('silence');
    const { code } = await danube(
      withConfig('provenance', 'sign', statement('app'), '--key', KEY, '--out', 'stopped.att'),
      (kill) => {
        const timer = setInterval(() => {
          if (aws.received.length === opened) return;
          clearInterval(timer);
          kill('SIGINT');
        }, 5);
      },
    );
    assert.notEqual(code, 0);
    assert.equal(existsSync(join(root, 'stopped.att')), false);
  });

  it('writes an audit line an attempt, for the owner only, without the credential', () => {
    const log = readFileSync(join(root, 'audit.jsonl'), 'utf8');
    assert.equal(statSync(join(root, 'audit.jsonl')).mode & 0o077, 0);
    assert.doesNotMatch(log, /CANARY|AKID/);
    const records = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const signed = records.find(({ operation }) => operation === 'sign');
    assert.deepEqual(
      [signed?.['key'], signed?.['outcome'], typeof signed?.['paeSha256']],
      [ed.arn, 'ok', 'string'],
    );
  });
});

describe('a key configuration', () => {
  const tried = (name: string, changes: object): Promise<Outcome> =>
    danube(['keys', 'public', KEY, '--key-config', writeJson(`${name}.json`, { ...CONFIG, ...changes })]);

  it('refuses a literal secret by field and kind, before anything else is looked at', async () => {
    const token = ['hvs', 'CAESI' + 'JqKz9wXv2LrT4bN8cY6dF1gH3jM5kP7qS0tU'.repeat(2)].join('.');
    const { code, stderr } = await tried('literal', { kind: 'Wrong', kms: { token } });
    assert.equal(code, 2);
    assert.match(stderr, /field `kms\.token` contains what looks like .*; put a reference there/);
    assert.ok(!stderr.includes(token));
  });

  it('refuses a value where a reference belongs, and does not show it', async () => {
    const { code, stderr } = await tried('value', {
      kms: { credentials: { mode: 'static', accessKeyId: 'x', secretAccessKey: 'CANARY' } },
    });
    assert.equal(code, 2);
    assert.match(stderr, /field `kms\.credentials\.secretAccessKey`/);
  });

  it('refuses fields and modes that it does not know', async () => {
    for (const changes of [
      { kms: { retries: 3 } },
      { kms: { credentials: { mode: 'anonymous' } } },
      { apiVersion: 'v2' },
    ]) {
      assert.equal((await tried('unknown', changes)).code, 2);
    }
  });

  it('names both places of a secret that is in neither', async () => {
    const { code, stderr } = await tried('missing', {
      secretDirectory: join(root, 'none'),
      kms: {
        ...CONFIG.kms,
        credentials: { ...CONFIG.kms.credentials, secretAccessKey: { secret: 'not-there' } },
      },
    });
    assert.equal(code, 2);
    assert.match(stderr, /NOT_THERE.*none\/not-there/);
  });

  it('holds another key than the expected one up', async () => {
    assert.equal((await tried('pinned', { expectedKey: 'ab'.repeat(32) })).code, 2);
  });
});

describe('docs/keys.md', () => {
  const page = readFileSync(join(ROOT, 'docs', 'keys.md'), 'utf8');
  const blocks = (language: string): string[] =>
    [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, text = '']) => text);

  it('shows a configuration that is read', async () => {
    const [example] = blocks('json').filter((text) => text.includes('KeyConfig'));
    const { kms, ...others } = JSON.parse(example!) as { kms: object };
    const changes = {
      ...others,
      kms: { ...kms, ...CONFIG.kms },
      auditLog: CONFIG.auditLog,
      expectedKey: undefined,
    };
    const { code, stderr } = await danube([
      'keys',
      'public',
      KEY,
      '--key-config',
      writeJson('docs.json', changes),
    ]);
    assert.equal(code, 0, stderr);
    const read = await danube([
      'keys',
      'public',
      KEY,
      '--key-config',
      writeJson('docs-as-is.json', JSON.parse(example!)),
    ]);
    assert.match(read.stderr, /refused: 127\.0\.0\.1.*allowPrivateAddresses/s);
  });

  it('begins with a command that attests, and changes nothing but the key', async () => {
    const [command = ''] = blocks('sh');
    assert.match(command, /^danube provenance attest .* --key awskms:\/\/\/alias\/danube\n$/);
    mkdirSync(join(root, 'dist'), { recursive: true });
    for (const name of ['app.tgz', 'build.log']) writeFileSync(join(root, 'dist', name), 'hello');
    const commit = {
      uri: 'git+https://git.example.com/team/app',
      ref: 'refs/heads/main',
      id: 'c0ffee01'.repeat(5),
    };
    const times = { startedOn: '2026-01-02T03:04:05Z', finishedOn: '2026-01-02T03:05:05Z' };
    const step = { name: 'build', command: ['make'], log: 'build.log', ...times };
    writeJson('job.json', jobRecord({ ...commit, dirty: false }, step));
    const args = command.trim().replace('awskms:///', `awskms://${aws.host}/`).split(' ').slice(1);
    const { code, stderr } = await danube(withConfig(...args), { DANUBE_DATA_DIR: join(root, 'data') });
    assert.equal(code, 0, stderr);
    const provenance = join(root, 'data', 'artifacts', 'demo-1', 'provenance.json');
    const verify = ['provenance', 'verify', '--provenance', provenance, '--public-key', 'danube.pub'];
    const verified = await danube([...verify, join('dist', 'app.tgz')]);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  });

  it('shows commands that run as they are, with our servers in place of AWS and Kubernetes', async () => {
    const commands = blocks('sh')
      .join('')
      .split('\n')
      .filter((line) => line.startsWith('danube keys'));
    assert.equal(commands.length, 6);
    for (const command of commands) {
      const line = command.replace('awskms:///', `awskms://${aws.host}/`).replace(/ > .*/, '');
      const settings = line.includes('awskms:') ? config : podConfig;
      const service = line.includes('keys generate') ? [] : ['--key-config', settings];
      const { code, stderr } = await danube([...line.split(' ').slice(1), ...service], pod);
      assert.equal(code, 0, stderr);
      if (line.includes('keys generate')) keepInSecret();
    }
  });
});
