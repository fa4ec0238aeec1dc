/** Registries, S3 and services behind the proxy of a company: a real one, that notes where it was asked to go. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createServer } from 'node:https';
import { request as send } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { after, describe, it } from 'node:test';
import { openKey, SignError, type ServiceOptions } from '@danube/signer';
import { StoreError, type StoreErrorCode } from '@danube/store';
import { createRegistryClient, type RegistryClient, type RegistryOptions } from '@danube/store/oci';
import { openS3Store } from '@danube/store/s3';
import { startProxy, startRegistry, type ProxyOptions, type ProxyServer } from '@danube/test-registry';
import { createServerCertificate, reviewOnce } from '@danube/webhook';
import { makeCertificate } from '../../packages/signer/test/servers/certificate.ts';
import { startVault } from '../../packages/signer/test/servers/vault.ts';
import { signs } from '../../packages/signer/test/service.ts';
import { encode, pod, review } from '../../packages/webhook/test/reviews.ts';
import { trustRoot } from '../vectors/trust-roots.ts';
import { DANUBE } from '../repository.ts';

const HOST = 'registry.example';
const folder = mkdtempSync(join(tmpdir(), 'danube-proxy-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const { authority: ca, certificate, privateKey } = createServerCertificate({ names: [HOST], days: 2 });
writeFileSync(join(folder, 'ca.pem'), ca);
const registry = await startRegistry({
  tls: { cert: Buffer.from(certificate), key: Buffer.from(privateKey) },
});
after(() => registry.close());
const { digest } = registry.putImage('shop/app', { tag: 'v1' });
const image = { registry: HOST, repository: 'shop/app', digest };
const routes = { [`${HOST}:443`]: registry.host, 'other.example:443': registry.host };

async function proxyWith(options: Partial<ProxyOptions> = {}): Promise<ProxyServer> {
  const proxy = await startProxy({ routes, ...options });
  after(() => proxy.close());
  return proxy;
}

function clientFor(env: Readonly<Record<string, string>>, more: RegistryOptions = {}): RegistryClient {
  const client = createRegistryClient({ ca, proxies: env, retry: { attempts: 1 }, ...more });
  after(() => client.close());
  return client;
}

function refusal(code: StoreErrorCode, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    const everything = JSON.stringify([error.message, error.stack, error.hint, String(error.cause)]);
    assert.doesNotMatch(everything, /secret|c2VjcmV0/);
    return true;
  };
}

describe('a registry through a proxy', () => {
  it('is reached by a tunnel that is used again, with its own certificate', async () => {
    const proxy = await proxyWith();
    const client = clientFor({ HTTPS_PROXY: `http://${proxy.host}` });
    assert.equal((await client.readImage(image)).digest, digest);
    await client.readImage(image);
    assert.deepEqual(proxy.requests, [{ method: 'CONNECT', target: `${HOST}:443` }]);
  });

  it('shows the proxy its credentials, and nobody else', async () => {
    const proxy = await proxyWith({ credentials: 'bob:secret' });
    const client = clientFor({ HTTPS_PROXY: `http://bob:secret@${proxy.host}` });
    registry.requests.length = 0;
    await client.readImage(image);
    assert.ok(registry.requests.length > 0);
    assert.ok(registry.requests.every(({ headers }) => headers['proxy-authorization'] === undefined));
    const stranger = clientFor({ HTTPS_PROXY: `http://bob:secret2@${proxy.host}` });
    await assert.rejects(stranger.readImage(image), refusal('ERR_STORE_DENIED', /proxy .* \(407\)/));
  });

  it('is refused with the certificate of another host', async () => {
    const proxy = await proxyWith();
    const client = clientFor({ HTTPS_PROXY: `http://${proxy.host}` });
    await assert.rejects(
      client.readImage({ ...image, registry: 'other.example' }),
      refusal('ERR_STORE_REFUSED', /other\.example has no certificate that is trusted here/),
    );
  });

  it('takes nothing that a proxy says for an answer of the registry', async () => {
    const codes = { 200: 'ERR_STORE_REFUSED', 403: 'ERR_STORE_REFUSED', 404: 'ERR_STORE_REFUSED' } as const;
    for (const [status, code] of Object.entries({
      ...codes,
      401: 'ERR_STORE_REFUSED',
      502: 'ERR_STORE_UNAVAILABLE',
    } as const)) {
      const proxy = await proxyWith({ misbehave: Number(status) });
      const client = clientFor({ HTTPS_PROXY: `http://u:secret@${proxy.host}` });
      await assert.rejects(client.readImage(image), refusal(code, /proxy|certificate|TLS/));
    }
  });

  it('is not there when the proxy is not, or says nothing', async () => {
    const gone = clientFor({ HTTPS_PROXY: 'http://u:secret@127.0.0.1:1' });
    await assert.rejects(
      gone.readImage(image),
      refusal('ERR_STORE_UNAVAILABLE', /proxy 127\.0\.0\.1:1 cannot be reached/),
    );
    const proxy = await proxyWith({ misbehave: 'silence' });
    const client = clientFor({ HTTPS_PROXY: `http://u:secret@${proxy.host}` }, { timeouts: { connect: 50 } });
    await assert.rejects(
      client.readImage(image),
      refusal('ERR_STORE_UNAVAILABLE', /no connection|no answer/),
    );
  });

  it('is given up when the caller gives up, though the proxy says nothing', async () => {
    const proxy = await proxyWith({ misbehave: 'silence' });
    const client = clientFor({ HTTPS_PROXY: `http://${proxy.host}` });
    const stop = new AbortController();
    const reading = client.readImage(image, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await assert.rejects(reading, /enough/);
  });

  it('is asked directly where NO_PROXY says so, and on this machine always', async () => {
    const proxy = await proxyWith();
    const plain = await startRegistry();
    after(() => plain.close());
    const local = plain.putImage('shop/app');
    const env = { HTTPS_PROXY: `http://${proxy.host}`, HTTP_PROXY: `http://${proxy.host}` };
    const client = clientFor(env, { plainHttp: [plain.host] });
    const there = { registry: plain.host, repository: 'shop/app', digest: local.digest };
    assert.equal((await client.readImage(there)).digest, local.digest);
    const direct = clientFor({ ...env, NO_PROXY: `10.0.0.0/8,.example` });
    await assert.rejects(
      direct.readImage(image),
      refusal('ERR_STORE_UNAVAILABLE', /registry\.example cannot be reached|no connection/),
    );
    assert.deepEqual(proxy.requests, []);
  });

  it('is asked for by its whole URL without TLS', async () => {
    const plain = await startRegistry();
    after(() => plain.close());
    const local = plain.putImage('shop/app', { tag: 'v1' });
    const proxy = await proxyWith({ routes: { 'plain.example:5000': plain.host } });
    const client = clientFor({ HTTP_PROXY: proxy.host }, { plainHttp: ['plain.example:5000'] });
    const there = { registry: 'plain.example:5000', repository: 'shop/app', digest: local.digest };
    assert.equal((await client.readImage(there)).digest, local.digest);
    const [asked] = proxy.requests;
    assert.equal(asked?.target, `http://plain.example:5000/v2/shop/app/manifests/${local.digest}`);
    assert.equal(plain.requests[0]?.headers['host'], 'plain.example:5000');
  });

  it('leads nowhere private by a redirect, with a proxy as without', async () => {
    const proxy = await proxyWith();
    const client = clientFor({ HTTPS_PROXY: `http://${proxy.host}` });
    for (const location of ['https://169.254.169.254/x', 'https://localhost:1/x', 'https://[::1]/x']) {
      registry.misbehave = () => ({ status: 307, headers: { location } });
      await assert.rejects(
        client.readImage(image),
        refusal('ERR_STORE_REFUSED', /private, link-local or loopback/),
      );
    }
    registry.misbehave = undefined;
    assert.deepEqual([...new Set(proxy.requests.map(({ target }) => target))], [`${HOST}:443`]);
  });
});

describe('S3 through a proxy', () => {
  it('is reached by a tunnel', async () => {
    const credential = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'key' };
    const proxy = await proxyWith({ routes: {} });
    const store = openS3Store({
      bucket: 'attestations',
      prefix: 'shop',
      region: 'eu-central-1',
      credentials: async () => Promise.resolve(credential),
      proxies: { HTTPS_PROXY: `http://${proxy.host}` },
      retry: { attempts: 1 },
    });
    after(() => store.close());
    const found = store.find(`sha256:${'a'.repeat(64)}`)[Symbol.asyncIterator]();
    await assert.rejects(found.next(), refusal('ERR_STORE_REFUSED', /does not connect/));
    assert.deepEqual(proxy.requests, [
      { method: 'CONNECT', target: 'attestations.s3.eu-central-1.amazonaws.com:443' },
    ]);
  });
});

describe('a key service through a proxy', async () => {
  const NAME = 'vault.example';
  const TOKEN = 'CANARY-root';
  const vault = await startVault();
  vault.tokens.set(TOKEN, ['update', 'read']);
  vault.addKey('slsa', 'ed25519');
  const own = createServerCertificate({ names: [NAME, 'kube.example'], days: 2 });
  const clients: string[] = [];
  /** TLS before the service, and who showed a certificate. */
  const door = createServer(
    { cert: own.certificate, key: own.privateKey, requestCert: true, rejectUnauthorized: false },
    (incoming, outgoing) => {
      assert.ok(incoming.socket instanceof TLSSocket);
      clients.push(String(incoming.socket.getPeerCertificate().subject?.CN));
      assert.equal(incoming.headers['proxy-authorization'], undefined);
      const { method, url: path, headers } = incoming;
      const [host, port] = vault.host.split(':');
      incoming.pipe(
        send({ host, port, method, path, headers }, (reply) => {
          outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
          reply.pipe(outgoing);
        }),
      );
    },
  );
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const address = door.address();
  assert.ok(typeof address === 'object' && address !== null);
  const there = `127.0.0.1:${address.port}`;
  const doorRoutes = { [`${NAME}:443`]: there, 'kube.example:443': there };
  after(async () => {
    door.closeAllConnections();
    door.close();
    await vault.close();
  });

  const open = async (env: Readonly<Record<string, string>>, more: ServiceOptions = {}) =>
    openKey('hashivault://slsa', {
      service: {
        environment: { VAULT_ADDR: `https://${NAME}`, VAULT_TOKEN: TOKEN, HOME: folder, ...env },
        ca: own.authority,
        ...more,
      },
    });

  /** Without the patience for a service that may come back. */
  const AT_ONCE: ServiceOptions = { deadlines: { totalMs: 300 } };

  const isRefused = (code: string, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof SignError, String(error));
    assert.equal(error.code, code, error.message);
    const everything = JSON.stringify([error.message, error.stack, error.hint, String(error.cause)]);
    assert.match(everything, message);
    assert.doesNotMatch(everything, /secret|c2VjcmV0|CANARY/);
    return true;
  };

  it('signs by a tunnel that is used again, and shows the proxy its credentials alone', async () => {
    const proxy = await proxyWith({ routes: doorRoutes, credentials: 'bob:secret' });
    const backend = await open({ HTTPS_PROXY: `http://bob:secret@${proxy.host}` });
    await signs(backend);
    await signs(backend);
    await backend.close?.();
    assert.ok(proxy.requests.length > 0);
    assert.deepEqual([...new Set(proxy.requests.map(({ target }) => target))], [`${NAME}:443`]);
    assert.ok(proxy.requests.length < vault.received.length);
  });

  it('says that the proxy is in the way, and nothing of its password', async () => {
    const proxy = await proxyWith({ routes: doorRoutes, credentials: 'bob:secret' });
    await assert.rejects(
      open({ HTTPS_PROXY: `http://bob:secret2@${proxy.host}` }),
      isRefused('ERR_SIGN_ENDPOINT', /proxy .* \(407\).*asks for credentials/),
    );
    await assert.rejects(
      open({ HTTPS_PROXY: 'socks5://bob:secret@proxy.example' }),
      isRefused('ERR_SIGN_ENDPOINT', /HTTPS_PROXY is no http: or https: URL/),
    );
    await assert.rejects(
      open({ HTTPS_PROXY: 'http://bob:secret@127.0.0.1:1' }, AT_ONCE),
      isRefused('ERR_SIGN_UNAVAILABLE', /./),
    );
  });

  it('is asked directly where NO_PROXY says so', async () => {
    const proxy = await proxyWith({ routes: doorRoutes });
    const env = { HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: '.example' };
    await assert.rejects(open(env, AT_ONCE), isRefused('ERR_SIGN_UNAVAILABLE', /./));
    assert.deepEqual(proxy.requests, []);
  });

  it('sees a client certificate through the tunnel, and the proxy does not', async () => {
    const proxy = await proxyWith({ routes: doorRoutes });
    const client = makeCertificate('certified');
    const encoded = (text: string): string => Buffer.from(text).toString('base64');
    const config = {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [
        {
          name: 'c',
          cluster: {
            server: 'https://kube.example',
            'certificate-authority-data': encoded(own.authority),
          },
        },
      ],
      users: [
        {
          name: 'u',
          user: {
            'client-certificate-data': encoded(client.cert),
            'client-key-data': encoded(client.key),
          },
        },
      ],
    };
    writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config), { mode: 0o600 });
    clients.length = 0;
    const environment = { KUBECONFIG: join(folder, 'kubeconfig'), HTTPS_PROXY: `http://${proxy.host}` };
    // It is no Kubernetes that is asked.
    await assert.rejects(openKey('k8s://signing/cosign', { service: { environment } }), SignError);
    assert.deepEqual([...new Set(clients)], ['certified']);
    assert.equal(proxy.requests[0]?.target, 'kube.example:443');
  });
});

describe('the command and the webhook', () => {
  it('ask the proxy of their environment', async () => {
    const proxy = await proxyWith({ credentials: 'bob:secret' });
    const env = { PATH: process.env['PATH'], HOME: folder, HTTPS_PROXY: `http://bob:secret@${proxy.host}` };
    const args = ['provenance', 'pull', `${HOST}/shop/app:v1`, '--registry-ca', join(folder, 'ca.pem')];
    const child = spawn(process.execPath, [DANUBE, ...args], { env });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(code, 3, output);
    assert.match(output, /has no attestation/);
    assert.doesNotMatch(output, /secret/);
    assert.equal(proxy.requests[0]?.target, `${HOST}:443`);
  });

  it('the webhook does', async (context) => {
    const proxy = await proxyWith();
    for (const name of ['NO_PROXY', 'no_proxy']) delete process.env[name];
    const before = process.env['HTTPS_PROXY'];
    process.env['HTTPS_PROXY'] = `http://${proxy.host}`;
    context.after(() => {
      delete process.env['HTTPS_PROXY'];
      if (before !== undefined) process.env['HTTPS_PROXY'] = before;
    });
    const files: Readonly<Record<string, object>> = {
      'root.json': trustRoot(),
      'policy.json': {
        apiVersion: 'danube.dev/v1',
        kind: 'ProvenancePolicy',
        metadata: { name: 'release' },
        spec: { artifacts: [{ image: `${HOST}/**` }], builders: [{ id: 'https://ci.example.com/' }] },
      },
      'webhook.json': {
        apiVersion: 'danube.dev/v1',
        kind: 'WebhookConfig',
        listen: { address: '127.0.0.1', port: 0 },
        metrics: { address: '127.0.0.1', port: 0 },
        tls: { certificate: 'tls.crt', privateKey: 'tls.key' },
        trust: { root: { file: 'root.json', plain: true } },
        policies: [{ file: 'policy.json' }],
        registries: { authorities: 'ca.pem' },
      },
    };
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), JSON.stringify(content));
    }
    const object = pod([`${HOST}/shop/app@${digest}`]);
    const { allowed, text } = await reviewOnce({
      config: join(folder, 'webhook.json'),
      phase: 'validate',
      review: encode(review({ object })),
      timeout: null,
    });
    assert.equal(allowed, false);
    assert.match(text, /evidence\.found|no attestation/);
    assert.ok(proxy.requests.length > 0);
  });
});
