import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, afterEach, describe, it } from 'node:test';
import {
  type KeyBackend,
  openKey,
  type ServiceOptions,
  type SignErrorCode,
  signStatement,
} from '@danube/signer';
import { encodeEcdsaSignature } from '../src/ecdsa-signature.ts';
import { refusal, signs, statement, statementWithPae } from './service.ts';
import { azureError, startAzure, TOKEN } from './servers/azure.ts';

const azure = await startAzure();
after(() => azure.close());
const first = azure.addKey();

function open(version: string = '', changes: ServiceOptions = {}): Promise<KeyBackend> {
  const service: ServiceOptions = {
    environment: { AZURE_TOKEN: TOKEN },
    credentials: { mode: 'static', token: { secret: 'azure-token' } },
    allowLoopbackHttp: true,
    ...changes,
  };
  return openKey(`azurekms://${azure.host}/danube${version}`, { service });
}

afterEach(() => {
  azure.lie = undefined;
  azure.failures.length = 0;
  azure.received.length = 0;
});

describe('azurekms:', () => {
  it('signs the SHA-256 of the PAE with P-256 and writes the signature as DER', async () => {
    const envelope = await signs(await open(), await statementWithPae(100_000));
    assert.equal(envelope.signatures[0]?.sig[0], 0x30);
    assert.equal(azure.received.at(-1)?.path, `/keys/danube/${first.version}/sign?api-version=7.4`);
  });

  it('stays with its version when the key gets another', async () => {
    const backend = await open();
    const rotation = await backend.rotate?.({});
    assert.equal(rotation?.uri, `azurekms://${azure.host}/danube/${azure.keys.at(-1)?.version}`);
    await signs(backend);
    assert.match(azure.received.at(-1)?.path ?? '', new RegExp(first.version));
    const renewed = await open(`/${azure.keys.at(-1)?.version}`);
    assert.equal(renewed.publicKey.keyid, rotation.publicKey.keyid);
    await signs(renewed);
  });

  it('says clearly that Azure offers no Ed25519', async () => {
    const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    azure.failures.push({
      body: {
        key: { kid: `${azure.url}/keys/danube/1`, kty: 'OKP', crv: 'Ed25519', x, key_ops: ['sign'] },
        attributes: { enabled: true },
      },
    });
    const error = await refusal(open(), 'ERR_SIGN_KEY');
    assert.match(error.message, /Ed25519 is not offered by Azure$/);
  });

  it('refuses a curve, operation or state that does not sign (keys.md 8)', async () => {
    azure.keys.push({ ...azure.addKey('P-384') });
    await refusal(open(), 'ERR_SIGN_KEY');
    azure.addKey().operations = ['verify'];
    await refusal(open(), 'ERR_SIGN_KEY');
    azure.addKey().enabled = false;
    await refusal(open(), 'ERR_SIGN_KEY');
    azure.addKey();
  });

  it('refuses what names no key of Azure Key Vault', async () => {
    for (const uri of ['azurekms://v', 'azurekms://v/k/v/x', 'azurekms://user@v/k', 'azurekms:///k']) {
      await refusal(openKey(uri), 'ERR_SIGN_KEY_URI');
    }
  });

  it('asks no other host for a token, whatever the challenge says', async () => {
    azure.tokens = [];
    await refusal(open(), 'ERR_SIGN_DENIED');
    azure.tokens = [TOKEN];
    assert.equal(azure.received.length, 1);
  });
});

describe('azurekms: lies leave nothing behind (keys.md 9, 10)', () => {
  for (const [lie, code] of [
    ['random', 'ERR_SIGN_SELF_CHECK'],
    ['short', 'ERR_SIGN_BACKEND'],
    ['der', 'ERR_SIGN_BACKEND'],
    ['other-kid', 'ERR_SIGN_KEY'],
  ] as const) {
    it(`refuses ${lie}`, async () => {
      const backend = await open();
      azure.lie = lie;
      await refusal(signStatement(statement, backend), code);
    });
  }
});

describe('azurekms: errors', () => {
  const table: readonly [number, string, string | undefined, SignErrorCode, RegExp][] = [
    [401, 'Unauthorized', undefined, 'ERR_SIGN_DENIED', /the credential is not taken/],
    [403, 'Forbidden', undefined, 'ERR_SIGN_DENIED', /this identity may not use the key/],
    [403, 'Forbidden', 'KeyDisabled', 'ERR_SIGN_KEY', /the key is disabled/],
    [403, 'Forbidden', 'KeyOperationForbidden', 'ERR_SIGN_KEY', /not for this operation/],
    [404, 'KeyNotFound', undefined, 'ERR_SIGN_KEY', /no such key or version/],
    [409, 'Conflict', undefined, 'ERR_SIGN_KEY', /being changed or was deleted/],
    [400, 'BadParameter', undefined, 'ERR_SIGN_BACKEND', /found invalid/],
    [418, 'Teapot', undefined, 'ERR_SIGN_BACKEND', /refused/],
  ];
  for (const [status, name, inner, code, message] of table) {
    it(`says what ${inner ?? name} means, once`, async () => {
      const backend = await open();
      azure.received.length = 0;
      azure.failures.push(azureError(status, name, inner));
      assert.match((await refusal(signStatement(statement, backend), code)).message, message);
      assert.equal(azure.received.length, 1);
    });
  }

  it('tries again when it is throttled (keys.md 26)', async () => {
    const backend = await open();
    azure.failures.push(azureError(429, 'Throttled'), azureError(500, 'InternalServerError'));
    await signs(backend);
    const answer = { ...azureError(429, 'Throttled'), headers: { 'retry-after': '0' } };
    azure.failures.push(...Array.from({ length: 6 }, () => answer));
    const error = await refusal(signStatement(statement, backend), 'ERR_SIGN_UNAVAILABLE');
    assert.equal(error.message, 'Azure Key Vault cannot answer now (Throttled)');
  });
});

describe('azurekms: doctor', () => {
  it('does not call unknown what it knows, nor known what it does not', async () => {
    const findings = (await (await open()).doctor?.({})) ?? [];
    assert.deepEqual(
      findings.map(({ check, status }) => `${check} ${status}`),
      [
        'reachable ok',
        'permitted unknown',
        'algorithm ok',
        'exportable ok',
        'version ok',
        'clock ok',
        'latency ok',
      ],
    );
  });
});

describe('encodeEcdsaSignature', () => {
  it('writes minimal integers', () => {
    const raw = new Uint8Array(64);
    raw[31] = 1;
    raw[32] = 0x80;
    const der = encodeEcdsaSignature(raw);
    assert.equal(Buffer.from(der).toString('hex'), `3026020101022100${'80'.padEnd(64, '0')}`);
    assert.equal(Buffer.from(encodeEcdsaSignature(new Uint8Array(64))).toString('hex'), '3006020100020100');
  });
});
