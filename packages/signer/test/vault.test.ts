import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import {
  type AuditRecord,
  type KeyBackend,
  openKey,
  type ServiceOptions,
  type SignErrorCode,
} from '@danube/signer';
import { parsePublicKey } from '@danube/keys';
import { startVault, type VaultLie } from './servers/vault.ts';
import { assertClean, refusal, signs } from './service.ts';

const vault = await startVault();
after(() => vault.close());
const home = mkdtempSync(join(tmpdir(), 'danube-vault-'));
after(() => rmSync(home, { recursive: true }));
const TOKEN = 'CANARY-root';
const READER = 'CANARY-reader';
vault.tokens.set(TOKEN, ['update', 'read']);
vault.tokens.set(READER, ['read']);
const slsa = vault.addKey('slsa', 'ed25519', 11);
vault.addKey('one', 'ed25519');
vault.addKey('p256', 'ecdsa-p256');
vault.addKey('rsa', 'rsa-4096');
vault.addKey('slsa-rotated', 'ed25519');

const audit: AuditRecord[] = [];
const environment = { VAULT_ADDR: vault.url, VAULT_TOKEN: TOKEN, HOME: home };
afterEach(() => {
  assertClean(JSON.stringify(audit));
  vault.lie = undefined;
  vault.next.length = 0;
  vault.received.length = 0;
  vault.namespace.name = undefined;
  slsa.says = {};
  audit.length = 0;
});

function open(key = 'slsa', changes: ServiceOptions = {}, scheme = 'hashivault'): Promise<KeyBackend> {
  const service = {
    environment,
    allowLoopbackHttp: true,
    audit: (record: AuditRecord) => void audit.push(record),
    ...changes,
  };
  return openKey(`${scheme}://${key}`, { service });
}

function keyOf(version: number): string {
  return parsePublicKey(Buffer.from(slsa.versions[version - 1]?.publicKey ?? '')).keyid;
}

describe('a key of the transit engine', () => {
  it('is pinned to the latest version by number, and signs the message itself', async () => {
    const backend = await open();
    assert.equal(backend.publicKey.keyid, keyOf(11));
    await signs(backend);
    const body = JSON.parse(vault.received.at(-1)?.body ?? '') as Record<string, unknown>;
    assert.deepEqual(Object.keys(body), ['input', 'key_version']);
    assert.equal(body['key_version'], 11);
    assert.match(Buffer.from(String(body['input']), 'base64').toString(), /^DSSEv1 /);
    assert.deepEqual(
      audit.map(({ operation, key, version, outcome }) => [operation, key, version, outcome]),
      [
        ['public-key', 'transit/slsa', undefined, 'ok'],
        ['sign', 'transit/slsa', '11', 'ok'],
      ],
    );
  });

  it('is pinned to the version that the URI names', async () => {
    const backend = await open('slsa/9');
    assert.equal(backend.publicKey.keyid, keyOf(9));
    await signs(backend);
    const error = await refusal(open('slsa/12'), 'ERR_SIGN_KEY');
    assert.equal(error.message, 'Vault has no transit/slsa version 12');
  });

  it('signs with P-256, in DER', async () => {
    const { signatures } = await signs(await open('p256'));
    assert.equal(signatures[0]?.sig[0], 0x30);
  });

  it('keeps its version when the key is rotated under it (keys.md 9)', async () => {
    const backend = await open('slsa-rotated');
    const rotation = await backend.rotate?.({});
    assert.equal(rotation?.uri, 'hashivault://slsa-rotated');
    await signs(backend);
    const newer = await open('slsa-rotated');
    assert.equal(newer.publicKey.keyid, rotation.publicKey.keyid);
    assert.notEqual(newer.publicKey.keyid, backend.publicKey.keyid);
    assert.equal((await (await open('slsa-rotated/2')).rotate?.({}))?.uri, 'hashivault://slsa-rotated/3');
  });

  const lies: readonly (readonly [VaultLie, SignErrorCode])[] = [
    ['random bytes', 'ERR_SIGN_SELF_CHECK'],
    ['signature of the digest', 'ERR_SIGN_SELF_CHECK'],
    ['63 bytes', 'ERR_SIGN_SELF_CHECK'],
    ['other version', 'ERR_SIGN_KEY'],
    ['signs by another version', 'ERR_SIGN_SELF_CHECK'],
  ];
  for (const [lie, code] of lies) {
    it(`leaves nothing behind when the service answers with ${lie} (keys.md 9, 10)`, async () => {
      const backend = await open();
      vault.lie = lie;
      await refusal(signs(backend), code);
    });
  }

  it('refuses derived keys, other types and answers that make no sense', async () => {
    const zero = Buffer.alloc(32).toString('base64');
    const cases: readonly (readonly [Record<string, unknown>, RegExp])[] = [
      [{ derived: true }, /derived key/],
      [{ derived: undefined }, /derived key/],
      [{ latest_version: 3 }, /another latest version/],
      [{ keys: {} }, /no versions/],
      [{ keys: { 1: { public_key: 'AAAA' } }, latest_version: 1 }, /no public key/],
      [{ type: 'ecdsa-p256' }, /no public key/],
    ];
    for (const [says, message] of cases) {
      slsa.says = says;
      await assert.rejects(open(), { message });
    }
    slsa.says = { keys: { 1: { public_key: zero } }, latest_version: 1 };
    await assert.rejects(open(), { code: 'ERR_KEY_POINT' });
    await refusal(open('rsa'), 'ERR_SIGN_KEY');
  });

  it('says what each refusal of the service means, and never what it quotes', async () => {
    const cases: readonly (readonly [number, string, SignErrorCode, RegExp])[] = [
      [400, 'signing key not found', 'ERR_SIGN_KEY', /^Vault has no key transit\/slsa$/],
      [400, 'version is too old (disallowed by policy)', 'ERR_SIGN_KEY', /does not sign with this version/],
      [400, 'bad CANARY', 'ERR_SIGN_BACKEND', /refused the request about transit\/slsa \(HTTP 400\)/],
      [403, 'permission denied CANARY', 'ERR_SIGN_DENIED', /does not let this token use transit\/slsa/],
      [404, 'CANARY', 'ERR_SIGN_KEY', /^Vault has no key transit\/slsa$/],
      [413, 'CANARY', 'ERR_SIGN_LIMIT', /takes no request of this size/],
      [307, 'CANARY', 'ERR_SIGN_ENDPOINT', /a redirect \(307\), which is never followed/],
    ];
    const backend = await open();
    for (const [status, text, code, message] of cases) {
      const asked = vault.received.length;
      vault.next.push({ status, body: { errors: [text] } });
      assert.match((await refusal(signs(backend), code)).message, message);
      assert.equal(vault.received.length, asked + 1, 'never tried again');
    }
  });

  it('tries again what passes: sealed, too many requests, a replica that is behind (keys.md 26)', async () => {
    const backend = await open();
    for (const status of [503, 429, 412, 500]) {
      vault.next.push({ status, headers: { 'retry-after': '0' }, body: { errors: [] } });
      await signs(backend);
    }
    for (const status of [503, 429, 412, 500]) {
      vault.next.push(...Array.from({ length: 6 }, () => ({ status, headers: { 'retry-after': '0' } })));
      const error = await refusal(signs(backend), 'ERR_SIGN_UNAVAILABLE');
      const what = status === 503 ? 'is sealed or in standby' : 'cannot answer now';
      assert.equal(error.message, `Vault ${what} (HTTP ${status})`);
    }
  });

  it('rotates once, whatever the answer', async () => {
    const backend = await open();
    const asked = vault.received.length;
    vault.next.push({ status: 500 });
    await assert.rejects(async () => backend.rotate?.({}), { code: 'ERR_SIGN_UNAVAILABLE' });
    assert.equal(vault.received.length, asked + 1);
    assert.equal(slsa.versions.length, 11);
  });

  it('tells a doctor what is wrong', async () => {
    const statuses = async (backend: KeyBackend): Promise<Record<string, string>> =>
      Object.fromEntries(((await backend.doctor?.({})) ?? []).map(({ check, status }) => [check, status]));
    const ok = {
      reachable: 'ok',
      permitted: 'ok',
      algorithm: 'ok',
      exportable: 'ok',
      version: 'ok',
      clock: 'ok',
    };
    const { latency: _latency, ...good } = await statuses(await open());
    assert.ok(_latency !== undefined);
    assert.deepEqual(good, ok);
    assert.equal((await statuses(await open('slsa/3')))['version'], 'warning');
    for (const flag of ['exportable', 'allow_plaintext_backup']) {
      slsa.says = { [flag]: true };
      assert.equal((await statuses(await open()))['exportable'], 'warning', flag);
    }
    const reader = await open('slsa', { environment: { ...environment, VAULT_TOKEN: READER } });
    assert.equal((await statuses(reader))['permitted'], 'failed');
    vault.next.push({ status: 403 });
    assert.equal((await statuses(reader))['reachable'], 'failed');
    assert.ok(!vault.received.some(({ path }) => path.includes('/sign/')));
  });

  it('takes a message that fits into a request, and asks for none that does not (keys.md 12)', async () => {
    const backend = await open('one');
    assert.ok(Math.ceil(backend.maxMessageBytes / 3) * 4 < 32 * 1024 * 1024);
    assert.ok(backend.maxMessageBytes > 24_000_000);
    const { signPayload } = await import('@danube/signer');
    const asked = vault.received.length;
    await refusal(signPayload('x', new Uint8Array(backend.maxMessageBytes), backend), 'ERR_SIGN_LIMIT');
    assert.equal(vault.received.length, asked);
  });
});

describe('the login to Vault', () => {
  const secrets = {
    ...environment,
    VAULT_TOKEN: undefined,
    SECRET_ID: 'CANARY-secret-id',
    JWT: 'CANARY.jwt.x',
    WRONG: 'CANARY-wrong',
  };

  it('is by AppRole, JWT or Kubernetes, once, and again when the token is no longer taken', async () => {
    for (const credentials of [
      { mode: 'approle', roleId: 'role', secretId: { secret: 'secret-id' } },
      { mode: 'jwt', role: 'role', jwt: { secret: 'jwt' } },
      { mode: 'kubernetes', role: 'role', jwt: { secret: 'jwt' } },
    ] as const) {
      vault.received.length = 0;
      const backend = await open('slsa', { environment: secrets, credentials });
      assert.deepEqual(backend.warnings, []);
      await signs(backend);
      const logins = (): number => vault.received.filter(({ path }) => path.endsWith('/login')).length;
      assert.equal(logins(), 1);
      for (const token of vault.tokens.keys())
        if (token.startsWith('CANARY-token')) vault.tokens.delete(token);
      await signs(backend);
      assert.equal(logins(), 2);
      vault.next.push({ status: 403 }, { body: { auth: { client_token: 'x' } } }, { status: 403 });
      await refusal(signs(backend), 'ERR_SIGN_DENIED');
    }
  });

  it('fails without quoting what was sent', async () => {
    const credentials = { mode: 'approle', roleId: 'role', secretId: { secret: 'wrong' } } as const;
    const error = await refusal(open('slsa', { environment: secrets, credentials }), 'ERR_SIGN_CREDENTIALS');
    assert.match(error.message, /the approle login of Vault gives no credential \(HTTP 400\)/);
    const mount = { ...credentials, mount: '../sys' };
    await refusal(open('slsa', { environment: secrets, credentials: mount }), 'ERR_SIGN_CREDENTIALS');
    const cloud = { mode: 'iam_role' } as const;
    await refusal(open('slsa', { credentials: cloud }), 'ERR_SIGN_CREDENTIALS');
  });

  it('takes a token from the environment with a warning, or the file of a login that only its owner reads', async () => {
    assert.match((await open()).warnings?.[0]?.message ?? '', /whoever copies it can sign/);
    const none = { ...environment, VAULT_TOKEN: '' };
    const missing = await refusal(open('slsa', { environment: none }), 'ERR_SIGN_CREDENTIALS');
    assert.match(missing.hint ?? '', /VAULT_TOKEN/);
    const file = join(home, '.vault-token');
    writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
    await signs(await open('slsa', { environment: none }));
    chmodSync(file, 0o644);
    await refusal(open('slsa', { environment: none }), 'ERR_SIGN_CREDENTIALS');
    rmSync(file);
  });

  it('names the namespace, the mount and the server by the variables of the product', async () => {
    vault.namespace.name = 'team/a';
    const bao = {
      BAO_ADDR: vault.url,
      BAO_TOKEN: TOKEN,
      BAO_NAMESPACE: 'team/a',
      VAULT_ADDR: 'http://127.0.0.1:1',
    };
    await signs(await open('slsa', { environment: bao }, 'openbao'));
    vault.namespace.name = undefined;
    const elsewhere = { ...environment, TRANSIT_SECRET_ENGINE_PATH: 'other' };
    await refusal(open('slsa', { environment: elsewhere }), 'ERR_SIGN_KEY');
    for (const [name, value] of [
      ['TRANSIT_SECRET_ENGINE_PATH', '../sys'],
      ['VAULT_NAMESPACE', 'a\r\nx: y'],
      ['VAULT_ADDR', ''],
      ['VAULT_CACERT', '/nowhere'],
    ] as const) {
      await refusal(open('slsa', { environment: { ...environment, [name]: value } }), 'ERR_SIGN_CONFIG');
    }
  });

  it('goes to no private address and by no plain HTTP unless that is allowed', async () => {
    await refusal(open('slsa', { allowLoopbackHttp: false }), 'ERR_SIGN_ENDPOINT');
    const metadata = { ...environment, VAULT_ADDR: 'https://169.254.169.254' };
    await refusal(open('slsa', { environment: metadata }), 'ERR_SIGN_ENDPOINT');
    assert.deepEqual(vault.received, []);
  });

  it('refuses a URI that names no key', async () => {
    for (const key of ['', '../x', 'a/b', 'a/0', 'a?b', 'a/1/2', 'a b'])
      await refusal(open(key), 'ERR_SIGN_KEY_URI');
  });
});
