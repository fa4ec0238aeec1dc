import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import { encodePublicKeyPem } from '@danube/keys';
import { encodeCertificate, encodePem, extension, nameOf } from '../src/certificate.ts';
import { bits, boolean, oid, sequence } from '../src/der.ts';
import { answerProvider, parseProviderRequest } from '../src/gatekeeper.ts';
import { loadConfig } from '../src/config.ts';
import { loadRules } from '../src/load-rules.ts';
import { createJudge, createRegistry } from '../src/serve.ts';
import { encode } from './reviews.ts';
import { putImage, registryWith, Setup, type Served } from './world.ts';

const registry = await registryWith();
const setup = new Setup(registry);
const good = await setup.signed('shop/app:v1');
const unsigned = await putImage(registry, 'shop/unsigned:v1');

const asked = {
  apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
  kind: 'ProviderRequest',
  request: { keys: [good.tagged, unsigned.pinned] },
};

/** A certificate as Gatekeeper makes one for itself, and shows to providers. */
function createClient(commonName: string): {
  readonly authority: string;
  readonly shown: { readonly cert: string; readonly key: string };
} {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const client = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 3_600_000) };
  const issuer = nameOf(`ca of ${commonName}`);
  const certify = (subject: Buffer, key: KeyObject, extensions: readonly Buffer[]): string =>
    encodePem(encodeCertificate({ issuer, subject, key, extensions, ...validity }, authority.privateKey));
  return {
    authority: certify(issuer, authority.publicKey, [
      extension('2.5.29.19', sequence(boolean(true)), true),
      extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true),
    ]),
    shown: {
      cert: certify(nameOf(commonName), client.publicKey, [
        extension('2.5.29.19', sequence(), true),
        extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.2'))),
      ]),
      key: client.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
  };
}

describe("Gatekeeper's external data, over HTTPS", () => {
  const gatekeeper = createClient('gatekeeper-controller-manager');
  const other = createClient('gatekeeper-controller-manager');
  const own = new Setup(registry, {
    gatekeeper: {},
    tls: {
      certificate: 'tls.crt',
      privateKey: 'tls.key',
      clientCertificates: { authorities: 'clients.crt', names: ['gatekeeper-controller-manager'] },
    },
    limits: { reviews: 1 },
  });
  own.write('key.pub', encodePublicKeyPem(setup.key.publicKey));
  own.write('clients.crt', gatekeeper.authority);
  // As Gatekeeper connects: TLS 1.3 at least, and its certificate.
  const options = { agent: false, minVersion: 'TLSv1.3', ...gatekeeper.shown };
  const post = async (webhook: Served, keys: readonly string[]): Promise<Answered> => {
    const body = JSON.stringify({ ...asked, request: { keys } });
    const { status, text } = await webhook.post('/gatekeeper?timeout=3s', body, options);
    assert.equal(status, 200, text);
    return JSON.parse(text);
  };

  it('is answered key by key, the same each time, and each answer is logged', async () => {
    const webhook = await own.serve();
    const first = await post(webhook, asked.request.keys);
    const [accepted, refused] = first.response.items;
    assert.deepEqual(
      { ...first, response: { ...first.response, items: [] } },
      {
        apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
        kind: 'ProviderResponse',
        response: { idempotent: true, items: [], systemError: '' },
      },
    );
    assert.deepEqual(accepted, { key: good.tagged, value: good.pinned });
    assert.deepEqual(Object.keys(refused ?? {}), ['key', 'error']);
    assert.match(refused?.error ?? '', /evidence\.found/);
    assert.deepEqual(await post(webhook, asked.request.keys), first);
    // What came back may be asked about again, and is what it was: a mutation that is made twice changes nothing more.
    assert.deepEqual((await post(webhook, [good.pinned])).response.items, [
      { key: good.pinned, value: good.pinned },
    ]);
    const { level, images } = await webhook.said('gatekeeper_answered');
    assert.equal(level, 'warn');
    assert.match(JSON.stringify(images), /"verdict":"accepted".*"verdict":"rejected"/);
    assert.equal(webhook.lines.filter(({ event }) => event === 'gatekeeper_answered').length, 3);
  });

  it('is given to nobody without the certificate of Gatekeeper', async () => {
    const webhook = await own.serve();
    const body = JSON.stringify(asked);
    const stranger = createClient('somebody-else');
    for (const shown of [{}, other.shown, stranger.shown]) {
      const { status } = await webhook.post('/gatekeeper', body, { agent: false, ...shown });
      assert.equal(status, 403);
    }
    const { status } = await webhook.post('/gatekeeper', '{}', options);
    assert.equal(status, 400);
  });

  it('is an error of the key when there is no time left, and of the system when it is too much', async () => {
    const webhook = await own.serve();
    const reached = Promise.withResolvers<void>();
    registry.misbehave = ({ path }) => {
      if (!path.includes('/slow/')) return undefined;
      reached.resolve();
      return { silent: true };
    };
    const slow = `${registry.host}/slow/app@sha256:${'ab'.repeat(32)}`;
    const late = post(webhook, [slow, 'UPPER']);
    await reached.promise;
    const { response } = await post(webhook, asked.request.keys);
    assert.deepEqual(response, {
      idempotent: true,
      items: [],
      systemError: 'more than 1 requests at once',
    });
    const [tooLate, noImage] = (await late).response.items;
    registry.misbehave = undefined;
    assert.match(tooLate?.error ?? '', /deadline/);
    assert.match(noImage?.error ?? '', /image\.reference/);
  });
});

interface Answered {
  readonly response: {
    readonly idempotent: boolean;
    readonly items: readonly { readonly key: string; readonly value?: string; readonly error?: string }[];
    readonly systemError: string;
  };
}

describe("Gatekeeper's external data", () => {
  it('gets each image pinned to what was judged, or why it is refused', async () => {
    const config = loadConfig(setup.path('webhook.json'));
    const client = createRegistry(config);
    const keys = [good.tagged, good.pinned, unsigned.pinned, 'UPPER'];
    const { text, findings } = await answerProvider(keys, {
      rules: loadRules(config),
      judge: createJudge(config, client),
      signal: new AbortController().signal,
    });
    client.close();
    const { apiVersion, kind, response } = JSON.parse(text);
    assert.deepEqual([apiVersion, kind], ['externaldata.gatekeeper.sh/v1beta1', 'ProviderResponse']);
    assert.equal(response.idempotent, true);
    const [first, second, third, fourth] = response.items;
    assert.deepEqual(first, { key: good.tagged, value: good.pinned });
    assert.deepEqual(second, { key: good.pinned, value: good.pinned });
    assert.match(third.error, /evidence\.found/);
    assert.match(fourth.error, /image\.reference/);
    assert.deepEqual(
      findings.map(({ image, verdict }) => [image, verdict]),
      [
        [good.tagged, 'accepted'],
        [good.pinned, 'accepted'],
        [unsigned.pinned, 'rejected'],
        ['UPPER', 'rejected'],
      ],
    );
  });

  it('is asked in its own form alone', () => {
    const request = {
      apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
      kind: 'ProviderRequest',
      request: { keys: ['a'] },
    };
    assert.deepEqual(parseProviderRequest(encode(request)), ['a']);
    for (const wrong of [
      {},
      { ...request, kind: 'AdmissionReview' },
      { ...request, apiVersion: 'externaldata.gatekeeper.sh/v1' },
      { ...request, request: { keys: [1] } },
    ]) {
      assert.throws(() => parseProviderRequest(encode(wrong)), { code: 'ERR_WEBHOOK_REVIEW' });
    }
    assert.throws(() => parseProviderRequest(Buffer.from('no JSON')), { code: 'ERR_WEBHOOK_REVIEW' });
  });
});
