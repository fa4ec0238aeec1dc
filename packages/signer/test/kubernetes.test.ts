import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { encodePrivateKeyPem, encodePublicKeyPem, KeyError } from '@danube/keys';
import {
  type AuditRecord,
  type KeyBackend,
  openKey,
  type OpenKeyOptions,
  type ServiceOptions,
} from '@danube/signer';
import { sampleKey } from './backends.ts';
import { startKubernetes } from './servers/kubernetes.ts';
import { assertClean, refusal, signs } from './service.ts';

const kubernetes = await startKubernetes();
const folder = mkdtempSync(join(tmpdir(), 'danube-kubernetes-'));
after(async () => {
  await kubernetes.close();
  rmSync(folder, { recursive: true });
});
const TOKEN = 'CANARY-token';
const secretDirectory = join(folder, 'secrets');
const account = join(secretDirectory, 'kubernetes.io', 'serviceaccount');
mkdirSync(account, { recursive: true });
writeFileSync(join(account, 'ca.crt'), kubernetes.ca);
writeFileSync(join(account, 'token'), TOKEN);
kubernetes.tokens.set(TOKEN, 'signer');

const key = await sampleKey(1);
const other = await sampleKey(2);
const PASSPHRASE = 'CANARY passphrase';
const plain = new TextDecoder().decode(await encodePrivateKeyPem(key));
const encrypted = new TextDecoder().decode(
  await encodePrivateKeyPem(key, { passphrase: new TextEncoder().encode(PASSPHRASE) }),
);
const publicPem = encodePublicKeyPem(key.publicKey);
for (const [name, data] of Object.entries({
  cosign: { 'cosign.key': encrypted, 'cosign.password': PASSPHRASE, 'cosign.pub': publicPem },
  plain: { 'signing.key': plain },
  locked: { 'signing.key': encrypted, 'signing.key.pub': publicPem },
  sealed: { 'signing.key': encrypted },
  'wrong-password': { 'cosign.key': encrypted, 'cosign.password': 'CANARY wrong' },
  'wrong-public': { 'cosign.key': plain, 'cosign.pub': encodePublicKeyPem(other.publicKey) },
  'two-keys': { 'cosign.key': plain, 'signing.key': plain },
  'no-key': { password: 'CANARY' },
  'no.pem': { 'cosign.key': 'CANARY' },
  'no-public': { 'cosign.key': plain, 'cosign.pub': plain },
  other: { 'signing.key': new TextDecoder().decode(await encodePrivateKeyPem(other)) },
})) {
  kubernetes.secrets.set(`signing/${name}`, data);
  for (const user of ['signer', 'certified']) kubernetes.grants.add(`${user} signing/${name}`);
}

const audit: AuditRecord[] = [];
afterEach(() => {
  assertClean(JSON.stringify(audit));
  audit.length = 0;
  kubernetes.received.length = 0;
  kubernetes.next.length = 0;
  kubernetes.says = undefined;
});

const pod = {
  KUBERNETES_SERVICE_HOST: kubernetes.host,
  KUBERNETES_SERVICE_PORT: kubernetes.port,
  HOME: folder,
};

function open(name: string, service: ServiceOptions = {}, options: OpenKeyOptions = {}): Promise<KeyBackend> {
  const write = (record: AuditRecord): void => void audit.push(record);
  return openKey(`k8s://signing/${name}`, {
    ...options,
    service: { environment: pod, secretDirectory, audit: write, ...service },
  });
}

/** The error of a key that cannot be read; without canaries, and with the Secret's name. */
async function keyRefusal(work: Promise<unknown>, code: KeyError['code']): Promise<KeyError> {
  const error = await work.then(
    () => assert.fail(`no ${code}`),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof KeyError, String(error));
  assert.equal(error.code, code);
  assertClean(`${error.message} ${error.hint ?? ''}`);
  return error;
}

describe('a key in a Kubernetes Secret', () => {
  it('is read once, by the service account of the pod, and signs here', async () => {
    const backend = await open('cosign');
    assert.equal(backend.publicKey.keyid, key.publicKey.keyid);
    assert.deepEqual(backend.warnings, []);
    await signs(backend);
    await signs(backend);
    await backend.close?.();
    assert.deepEqual(
      kubernetes.received.map(({ method, path }) => `${method} ${path}`),
      ['GET /api/v1/namespaces/signing/secrets/cosign'],
    );
    assert.deepEqual(
      audit.map(({ service, operation, key: name, version, outcome }) => [
        service,
        operation,
        name,
        version,
        outcome,
      ]),
      [
        ['k8s', 'read-secret', 'signing/cosign', undefined, 'ok'],
        ['k8s', 'sign', 'signing/cosign', '41', 'ok'],
        ['k8s', 'sign', 'signing/cosign', '41', 'ok'],
      ],
    );
  });

  it('is a plain PEM key as well, or an encrypted one whose passphrase comes from elsewhere', async () => {
    await signs(await open('plain'));
    const passphrase = new TextEncoder().encode(PASSPHRASE);
    await signs(await open('locked', {}, { passphrase }));
    assert.equal(new TextDecoder().decode(passphrase), PASSPHRASE);
    const error = await keyRefusal(open('locked'), 'ERR_KEY_PASSPHRASE_REQUIRED');
    assert.match(error.message, /^the Secret signing\/locked, signing\.key: /);
  });

  it('tells what it is, and that whoever reads the Secret has it', async () => {
    const backend = await open('cosign');
    assert.deepEqual(await backend.describe?.({}), {
      service: 'Kubernetes',
      key: 'signing/cosign',
      version: '41',
      exportable: true,
    });
    const statuses = async (name: string): Promise<string[]> =>
      (
        (await (await open(name, {}, { passphrase: new TextEncoder().encode(PASSPHRASE) })).doctor?.({})) ??
        []
      ).map(({ check, status }) => `${check} ${status}`);
    const healthy = [
      'reachable ok',
      'permitted ok',
      'algorithm ok',
      'exportable warning',
      'version ok',
      'clock ok',
      'latency ok',
    ];
    assert.deepEqual(await statuses('cosign'), healthy);
    assert.deepEqual(await statuses('plain'), healthy);
    assert.deepEqual(await statuses('sealed'), healthy.toSpliced(4, 1, 'version unknown'));
  });

  it('is found changed or withdrawn by a doctor', async () => {
    const backend = await open('plain');
    const held = kubernetes.secrets.get('signing/plain')!;
    kubernetes.secrets.set('signing/plain', kubernetes.secrets.get('signing/other')!);
    const changed = await backend.doctor?.({});
    kubernetes.secrets.set('signing/plain', held);
    assert.match(changed?.find(({ check }) => check === 'version')?.message ?? '', /holds another key/);
    kubernetes.grants.delete('signer signing/plain');
    const withdrawn = await backend.doctor?.({});
    kubernetes.grants.add('signer signing/plain');
    assert.deepEqual(
      withdrawn?.filter(({ status }) => status === 'failed').map(({ check }) => check),
      ['reachable', 'permitted', 'version'],
    );
  });

  it('is refused when the Secret does not hold exactly one key, or not the public key beside it', async () => {
    const mismatch = await refusal(open('wrong-public'), 'ERR_SIGN_KEY');
    assert.match(mismatch.message, /has the public key of another key in cosign\.pub/);
    assert.match((await refusal(open('two-keys'), 'ERR_SIGN_KEY')).message, /more than one of/);
    assert.match(
      (await refusal(open('no-key'), 'ERR_SIGN_KEY')).message,
      /none of cosign\.key, signing\.key/,
    );
    await keyRefusal(open('wrong-password'), 'ERR_KEY_PASSPHRASE');
    await keyRefusal(open('no.pem'), 'ERR_KEY_FORMAT');
    await keyRefusal(open('no-public'), 'ERR_KEY_SLOT');
  });

  it('is refused when the server answers about another Secret', async () => {
    kubernetes.says = 'signing/other';
    await refusal(open('plain'), 'ERR_SIGN_KEY');
    kubernetes.next.push({
      body: {
        kind: 'Secret',
        metadata: { namespace: 'signing', name: 'plain' },
        data: { 'signing.key': '%' },
      },
    });
    await refusal(open('plain'), 'ERR_SIGN_BACKEND');
  });

  it('is refused by name where the URI names no Secret', async () => {
    for (const uri of [
      'k8s://',
      'k8s://a',
      'k8s://a/b/c',
      'k8s://a/../b',
      'k8s://A/b',
      'k8s://a/b?x',
      `k8s://a/${'b'.repeat(254)}`,
    ])
      await refusal(openKey(uri), 'ERR_SIGN_KEY_URI');
  });
});

describe('what Kubernetes answers', () => {
  it('names what is wrong: credential, permission, Secret', async () => {
    kubernetes.tokens.delete(TOKEN);
    const expired = await refusal(open('plain'), 'ERR_SIGN_DENIED');
    kubernetes.tokens.set(TOKEN, 'signer');
    assert.equal(expired.message, 'Kubernetes does not take the credential (HTTP 401)');
    const forbidden = await refusal(open('secret-of-others'), 'ERR_SIGN_DENIED');
    assert.equal(
      forbidden.message,
      'Kubernetes does not let this identity read the Secret signing/secret-of-others (HTTP 403)',
    );
    assert.match(forbidden.hint ?? '', /Role with the verb get/);
    kubernetes.grants.add('signer signing/nothing');
    const missing = await refusal(open('nothing'), 'ERR_SIGN_KEY');
    assert.equal(missing.message, 'Kubernetes has no Secret signing/nothing (HTTP 404)');
    kubernetes.next.push({ status: 400, body: 'CANARY' });
    await refusal(open('plain'), 'ERR_SIGN_BACKEND');
    assert.deepEqual(
      audit.map(({ outcome }) => outcome),
      ['HTTP 401', 'HTTP 403', 'HTTP 404', 'HTTP 400'],
    );
  });

  it('is asked for again where it is temporary, and not where it is none (keys.md 26)', async () => {
    kubernetes.next.push(
      { status: 429, headers: { 'retry-after': '0' } },
      { status: 503, headers: { 'retry-after': '0' } },
    );
    await signs(await open('plain'));
    assert.equal(kubernetes.received.length, 3);
    kubernetes.next.push({ status: 403 });
    await refusal(open('plain'), 'ERR_SIGN_DENIED');
    assert.equal(kubernetes.received.length, 4);
  });

  it('is never a redirect that is followed (keys.md 16)', async () => {
    kubernetes.next.push({ status: 307, headers: { location: 'https://127.0.0.1:1/' } });
    await refusal(open('plain'), 'ERR_SIGN_ENDPOINT');
  });
});

describe('the way to Kubernetes', () => {
  const kubeconfig = (name: string, user: object, cluster: object = {}): string => {
    const path = join(folder, name);
    const server = `https://${kubernetes.host}:${kubernetes.port}`;
    const ca = Buffer.from(kubernetes.ca).toString('base64');
    writeFileSync(
      path,
      `# written by a person
apiVersion: v1
kind: Config
current-context: here
contexts:
  - name: there
    context: {cluster: x, user: x}
  - name: here
    context:
      cluster: c
      user: u
clusters:
  - name: c
    cluster: ${JSON.stringify({ server, 'certificate-authority-data': ca, ...cluster })}
users:
  - name: u
    user: ${JSON.stringify(user)}
`,
    );
    return path;
  };
  const by = (path: string, changes: ServiceOptions = {}): Promise<KeyBackend> =>
    open('plain', {
      environment: { KUBECONFIG: path, HOME: folder },
      allowPrivateAddresses: true,
      ...changes,
    });

  it('is a kubeconfig: by token, by a file of it, by client certificate; each with a warning', async () => {
    const data = (text: string): string => Buffer.from(text).toString('base64');
    writeFileSync(join(folder, 'client.crt'), kubernetes.client.cert);
    for (const [name, user] of Object.entries({
      token: { token: TOKEN },
      file: { tokenFile: join('secrets', 'kubernetes.io', 'serviceaccount', 'token') },
      data: {
        'client-certificate-data': data(kubernetes.client.cert),
        'client-key-data': data(kubernetes.client.key),
      },
      mixed: { 'client-certificate': 'client.crt', 'client-key-data': data(kubernetes.client.key) },
    })) {
      const backend = await by(kubeconfig(name, user));
      assert.match(backend.warnings?.[0]?.message ?? '', /whoever copies it/);
      await signs(backend);
    }
  });

  it('is the file in the home folder when nothing else is said, and an error names all places', async () => {
    const service = { environment: { HOME: folder }, allowPrivateAddresses: true };
    const error = await refusal(open('plain', service), 'ERR_SIGN_CREDENTIALS');
    assert.match(error.hint ?? '', /pod.*KUBECONFIG.*\.kube\/config/);
    mkdirSync(join(folder, '.kube'));
    kubeconfig(join('.kube', 'config'), { token: TOKEN });
    await signs(await open('plain', service));
    rmSync(join(folder, '.kube'), { recursive: true });
  });

  it('runs no program that a kubeconfig names, and believes no server without its certificate', async () => {
    for (const [field, user, cluster] of [
      ['exec', { exec: { command: 'touch', args: [join(folder, 'ran')] } }, {}],
      ['auth-provider', { 'auth-provider': { name: 'gcp' } }, {}],
      ['password', { username: '', password: 'CANARY' }, {}],
      ['insecure-skip-tls-verify', { token: TOKEN }, { 'insecure-skip-tls-verify': true }],
      ['proxy-url', { token: TOKEN }, { 'proxy-url': 'http://127.0.0.1:1' }],
    ] as const) {
      const error = await refusal(by(kubeconfig('refused', user, cluster)), 'ERR_SIGN_CREDENTIALS');
      assert.match(error.message, new RegExp(`uses ${field}, which is not done here`));
    }
    const unknown = { 'certificate-authority-data': Buffer.from(kubernetes.client.cert).toString('base64') };
    await refusal(by(kubeconfig('other-ca', { token: TOKEN }, unknown)), 'ERR_SIGN_ENDPOINT');
    assert.deepEqual(kubernetes.received, []);
  });

  it('is refused for a kubeconfig that is none, without quoting it', async () => {
    for (const text of [
      '- CANARY',
      '{',
      'token: "CANARY',
      'a: &a [CANARY]\nb: *a\n',
      'current-context: x',
      '\u0000',
    ]) {
      writeFileSync(join(folder, 'broken'), text);
      await refusal(by(join(folder, 'broken')), 'ERR_SIGN_CREDENTIALS');
    }
    await refusal(by(kubeconfig('nobody', {})), 'ERR_SIGN_CREDENTIALS');
    await refusal(by(kubeconfig('half', { 'client-key-data': 'eA==' })), 'ERR_SIGN_CREDENTIALS');
    await refusal(
      by(kubeconfig('data', { token: TOKEN }, { 'certificate-authority-data': '%' })),
      'ERR_SIGN_CREDENTIALS',
    );
    await refusal(by(join(folder, 'nowhere')), 'ERR_SIGN_CREDENTIALS');
  });

  it('leads to a private address only where that is allowed, but for the server of the pod itself', async () => {
    const path = kubeconfig('private', { token: TOKEN });
    await refusal(by(path, { allowPrivateAddresses: false }), 'ERR_SIGN_ENDPOINT');
    const http = kubeconfig(
      'http',
      { token: TOKEN },
      { server: `http://${kubernetes.host}:${kubernetes.port}` },
    );
    await refusal(by(http), 'ERR_SIGN_ENDPOINT');
    assert.deepEqual(kubernetes.received, []);
  });

  it('is what a credential mode says: the service account, or a token from a reference', async () => {
    const endpoint = `https://${kubernetes.host}:${kubernetes.port}`;
    const credentials = { mode: 'static', token: { secret: 'kubernetes-token' } } as const;
    const environment = { KUBERNETES_TOKEN: TOKEN };
    const service = { endpoint, credentials, environment, ca: kubernetes.ca, allowPrivateAddresses: true };
    await signs(await open('plain', service));
    await refusal(open('plain', { credentials, environment }), 'ERR_SIGN_CREDENTIALS');
    await signs(await open('plain', { credentials: { mode: 'service_account' } }));
    await refusal(
      open('plain', { credentials: { mode: 'service_account' }, environment: {} }),
      'ERR_SIGN_CREDENTIALS',
    );
    await refusal(open('plain', { credentials: { mode: 'iam_role' } }), 'ERR_SIGN_CREDENTIALS');
  });

  it('takes the token that is in the file now: the kubelet replaces it', async () => {
    const backend = await open('plain');
    kubernetes.tokens.delete(TOKEN);
    kubernetes.tokens.set('CANARY-next', 'signer');
    writeFileSync(join(account, 'token'), 'CANARY-next\n');
    const findings = await backend.doctor?.({});
    assert.equal(findings?.find(({ check }) => check === 'reachable')?.status, 'ok');
    kubernetes.tokens.set(TOKEN, 'signer');
    writeFileSync(join(account, 'token'), TOKEN);
    rmSync(join(account, 'token'));
    await refusal(open('plain'), 'ERR_SIGN_CREDENTIALS');
    writeFileSync(join(account, 'token'), TOKEN);
  });
});
