import assert from 'node:assert/strict';
import { after, afterEach, describe, it } from 'node:test';
import {
  type AuditRecord,
  type KeyBackend,
  openKey,
  type ServiceOptions,
  type SignErrorCode,
  signStatement,
} from '@danube/signer';
import { pae } from 'in-toto-attestation';
import { crc32c } from '../src/crc32c.ts';
import { assertClean, refusal, signs, statement, statementWithPae } from './service.ts';
import { gcpError, KEY, slowCrc32c, startGcp, TOKEN } from './servers/gcp.ts';

const gcp = await startGcp();
after(() => gcp.close());
for (const number of [1, 2, 9, 10]) gcp.addVersion(number);
gcp.addVersion(3, 'EC_SIGN_P256_SHA256');
gcp.addVersion(4, 'EC_SIGN_P384_SHA384');
gcp.addVersion(11).state = 'DISABLED';

const audit: AuditRecord[] = [];

function open(version?: number, changes: ServiceOptions = {}): Promise<KeyBackend> {
  const service: ServiceOptions = {
    environment: { GCP_TOKEN: TOKEN },
    credentials: { mode: 'static', token: { secret: 'gcp-token' } },
    endpoint: gcp.url,
    allowLoopbackHttp: true,
    audit: (record) => void audit.push(record),
    ...changes,
  };
  return openKey(`gcpkms://${KEY}${version === undefined ? '' : `/cryptoKeyVersions/${version}`}`, {
    service,
  });
}

afterEach(() => {
  assertClean(JSON.stringify(audit));
  audit.length = 0;
  gcp.lie = undefined;
  gcp.failures.length = 0;
  gcp.received.length = 0;
  gcp.mayUse = true;
});

describe('gcpkms:', () => {
  it('signs the PAE itself as data with Ed25519', async () => {
    const envelope = await signs(await open(2));
    const sent = JSON.parse(gcp.received.at(-1)!.body);
    const message = Buffer.from(pae(envelope.payloadType, envelope.payload));
    assert.deepEqual(sent, { data: message.toString('base64'), dataCrc32c: slowCrc32c(message) });
    assert.equal(gcp.received.at(-1)?.path, `/v1/${KEY}/cryptoKeyVersions/2:asymmetricSign`);
  });

  it('signs the SHA-256 with P-256, however long the PAE is', async () => {
    const backend = await open(3);
    assert.equal(backend.algorithm, 'ecdsa-p256-sha256');
    await signs(backend, await statementWithPae(100_000));
  });

  it('pins the newest enabled version by number, not by text, over all pages', async () => {
    assert.equal((await (await open()).describe?.({}))?.version, '10');
  });

  it('refuses a PAE over its limit before it asks (keys.md 12)', async () => {
    const backend = await open(1);
    gcp.received.length = 0;
    const error = await refusal(signStatement(await statementWithPae(65_537), backend), 'ERR_SIGN_LIMIT');
    assert.equal(error.message, 'PAE is 65537 bytes; Google Cloud KMS signs at most 65536 with Ed25519');
    assert.equal(gcp.received.length, 0);
    await signs(await open(1, { maxMessageBytes: 70_000 }), await statementWithPae(65_537));
  });

  it('refuses what names no key of Google Cloud KMS', async () => {
    for (const uri of [
      'gcpkms://x',
      `gcpkms://${KEY}/cryptoKeyVersions/0`,
      `gcpkms://${KEY}/../x`,
      `gcpkms:${KEY}`,
    ]) {
      await refusal(openKey(uri), 'ERR_SIGN_KEY_URI');
    }
  });

  it('refuses a key of another algorithm (keys.md 8)', async () => {
    await refusal(open(4), 'ERR_SIGN_KEY');
  });

  it('warns of a static credential and names the better mode', async () => {
    const [warning] = (await open(1)).warnings ?? [];
    assert.match(`${warning?.message} ${warning?.hint}`, /static.*workload identity federation/);
  });
});

describe('gcpkms: lies and damage leave nothing behind (keys.md 9, 10)', () => {
  const unverified = /returned no valid signature of SHA256:/;
  for (const [lie, code, message] of [
    ['random', 'ERR_SIGN_SELF_CHECK', unverified],
    ['ph', 'ERR_SIGN_SELF_CHECK', unverified],
    ['digest', 'ERR_SIGN_SELF_CHECK', unverified],
    ['other-version', 'ERR_SIGN_SELF_CHECK', unverified],
    ['other-name', 'ERR_SIGN_KEY', /^Google Cloud KMS answered for another key or version than projects\//],
    ['unverified', 'ERR_SIGN_BACKEND', /CRC/],
    [
      'bad-crc',
      'ERR_SIGN_BACKEND',
      /^the signature from Google Cloud KMS was damaged on its way \(CRC32C\)$/,
    ],
  ] as const) {
    it(`refuses ${lie}`, async () => {
      const backend = await open(1);
      gcp.lie = lie;
      assert.match((await refusal(signStatement(statement, backend), code)).message, message);
    });
  }

  it('refuses a damaged public key', async () => {
    gcp.lie = 'bad-pem-crc';
    await refusal(open(1), 'ERR_SIGN_BACKEND');
  });
});

describe('gcpkms: errors', () => {
  const table: readonly [string, number, SignErrorCode, RegExp][] = [
    ['PERMISSION_DENIED', 403, 'ERR_SIGN_DENIED', /does not let this identity use projects/],
    ['UNAUTHENTICATED', 401, 'ERR_SIGN_DENIED', /does not take the credential/],
    ['NOT_FOUND', 404, 'ERR_SIGN_KEY', /has no key or version/],
    ['FAILED_PRECONDITION', 400, 'ERR_SIGN_KEY', /cannot be used in its present state/],
    ['INVALID_ARGUMENT', 400, 'ERR_SIGN_BACKEND', /finds the request about .* invalid/],
    ['ABORTED', 409, 'ERR_SIGN_BACKEND', /refused the request/],
  ];
  for (const [status, http, code, message] of table) {
    it(`says what ${status} means, once`, async () => {
      const backend = await open(1);
      audit.length = 0;
      gcp.failures.push(gcpError(http, status));
      assert.match((await refusal(signStatement(statement, backend), code)).message, message);
      assert.deepEqual(
        audit.map(({ outcome }) => outcome),
        [status],
      );
    });
  }

  it('tries again after RESOURCE_EXHAUSTED and UNAVAILABLE: one signature (keys.md 26)', async () => {
    const backend = await open(1);
    gcp.signatures = 0;
    gcp.failures.push(gcpError(429, 'RESOURCE_EXHAUSTED'), gcpError(503, 'UNAVAILABLE'));
    await signs(backend);
    assert.equal(gcp.signatures, 1);
  });

  it('names what the service says when it is never ready (keys.md 26)', async () => {
    const backend = await open(1);
    for (const [http, status] of [
      [429, 'RESOURCE_EXHAUSTED'],
      [503, 'UNAVAILABLE'],
      [504, 'DEADLINE_EXCEEDED'],
      [500, 'INTERNAL'],
    ] as const) {
      const answer = { ...gcpError(http, status), headers: { 'retry-after': '0' } };
      gcp.failures.push(...Array.from({ length: 6 }, () => answer));
      const error = await refusal(signStatement(statement, backend), 'ERR_SIGN_UNAVAILABLE');
      assert.equal(error.message, `Google Cloud KMS cannot answer now (${status})`);
    }
  });

  it('refuses a disabled version', async () => {
    await refusal(open(11), 'ERR_SIGN_KEY');
  });
});

describe('gcpkms: doctor and rotate', () => {
  it('finds a healthy key healthy, and an old version old', async () => {
    const statuses = async (version: number): Promise<string[]> =>
      ((await (await open(version)).doctor?.({})) ?? []).map(({ check, status }) => `${check} ${status}`);
    const healthy = [
      'reachable ok',
      'permitted ok',
      'algorithm ok',
      'exportable ok',
      'version ok',
      'clock ok',
      'latency ok',
    ];
    assert.deepEqual(await statuses(10), healthy);
    assert.ok((await statuses(1)).includes('version warning'));
    gcp.mayUse = false;
    assert.ok((await statuses(10)).includes('permitted failed'));
  });

  it('makes a new version, waits until it can sign, and leaves the old one signing', async () => {
    const old = await open(10);
    const rotation = await old.rotate?.({});
    assert.equal(rotation?.uri, `gcpkms://${KEY}/cryptoKeyVersions/12`);
    await signs(old);
    const renewed = await open(12);
    assert.equal(renewed.publicKey.keyid, rotation.publicKey.keyid);
    await signs(renewed);
  });
});

describe('CRC-32C', () => {
  it('gives the check value of the catalogue, and what the polynomial gives', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
    for (let length = 0; length < 70; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 89 + length) % 256);
      assert.equal(String(crc32c(bytes)), slowCrc32c(bytes));
    }
  });
});
