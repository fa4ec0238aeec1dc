import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { type AuditRecord, type KeyBackend, openKey, type SignErrorCode } from '@danube/signer';
import { openPkcs11Key } from '../src/pkcs11.ts';
import { LocalToken, moduleOf, type TokenLie } from './servers/token.ts';
import { assertClean, refusal, signs, statementOf } from './service.ts';

const folder = mkdtempSync(join(tmpdir(), 'danube-pkcs11-'));
after(() => rmSync(folder, { recursive: true }));
const modulePath = join(folder, 'module.so');
writeFileSync(modulePath, '', { mode: 0o755 });

let token = newToken();
const backends: KeyBackend[] = [];
const audit: AuditRecord[] = [];
afterEach(async () => {
  assertClean(JSON.stringify(audit));
  for (const backend of backends.splice(0)) await backend.close?.();
  assert.equal(token.initialized, 0, 'the module is let go of');
  assert.equal(token.sessions.size, 0, 'no session stays open');
  token = newToken();
});

function newToken(): LocalToken {
  const made = new LocalToken(`slsa`);
  made.addKey('ed1', 1);
  return made;
}

async function open(
  path = 'token=slsa;object=ed1',
  query = `module-path=${modulePath}`,
  pin: string | undefined = token.pin,
): Promise<KeyBackend> {
  const service = {
    environment: { DANUBE_PKCS11_PIN: pin, OTHER_PIN: token.pin },
    secretDirectory: folder,
    audit: (record: AuditRecord) => void audit.push(record),
  };
  const backend = await openPkcs11Key(`pkcs11:${path}?${query}`, { service }, async () => moduleOf(token));
  backends.push(backend);
  return backend;
}

describe('a key of a PKCS #11 token', () => {
  it('signs the PAE itself, one session a signature', async () => {
    const backend = await open();
    assert.equal(backend.uri, 'pkcs11:token=slsa;object=ed1');
    await Promise.all([signs(backend), signs(backend, statementOf('b')), signs(backend, statementOf('c'))]);
    assert.equal(token.sessions.size, 1, 'only the one that keeps the login');
    assert.equal(token.pinTries, 1);
  });

  it('reads the point as an OCTET STRING and bare', async () => {
    token.addKey('bare', 2, 'ed25519', 'bare');
    await signs(await open('token=slsa;object=bare'));
    token.addKey('p', 3, 'p256');
    token.addKey('q', 4, 'p256', 'bare');
    for (const label of ['p', 'q']) {
      const backend = await open(`token=slsa;object=${label}`);
      assert.equal(backend.algorithm, 'ecdsa-p256-sha256');
      await refusal(signs(backend), 'ERR_SIGN_SELF_CHECK');
    }
  });

  it('signs a good message after an empty one (keys.md 14)', async () => {
    const backend = await open();
    const error = await refusal(backend.sign(new Uint8Array(), {}), 'ERR_SIGN_BACKEND');
    assert.equal(error.message, 'the token failed (CKR_ARGUMENTS_BAD)');
    await signs(backend);
  });

  const failures = [
    ['C_SignAsync', 'CKR_GENERAL_ERROR', 5, 'ERR_SIGN_BACKEND'],
    ['C_SignAsync', 'CKR_BUFFER_TOO_SMALL', 0x150, 'ERR_SIGN_BACKEND'],
    ['C_SignAsync', 'CKR_OPERATION_NOT_INITIALIZED', 0x91, 'ERR_SIGN_BACKEND'],
    ['C_SignInit', 'CKR_OPERATION_ACTIVE', 0x90, 'ERR_SIGN_BACKEND'],
    ['C_SignInit', 'CKR_MECHANISM_INVALID', 0x70, 'ERR_SIGN_BACKEND'],
    ['C_OpenSession', 'CKR_DEVICE_REMOVED', 0x32, 'ERR_SIGN_UNAVAILABLE'],
    ['C_SignAsync', 'CKR_DEVICE_ERROR', 0x30, 'ERR_SIGN_UNAVAILABLE'],
  ] as const;
  for (const [where, name, number, code] of failures) {
    it(`says that ${where} failed with ${name}, and the next signature has a session of its own`, async () => {
      const backend = await open();
      token.failure = [where, name, number];
      assert.equal((await refusal(signs(backend), code)).message, `the token failed (${name})`);
      token.failure = undefined;
      await signs(backend);
    });
  }

  it('says that a module does not start, and that a private key may not be read', async () => {
    token.failure = ['C_Initialize', 'CKR_GENERAL_ERROR', 5];
    const start = await refusal(open(), 'ERR_SIGN_UNAVAILABLE');
    assert.equal(start.message, `the PKCS #11 module ${modulePath} does not start (CKR_GENERAL_ERROR)`);
    token.failure = ['C_GetAttributeValue', 'CKR_ATTRIBUTE_SENSITIVE', 0x11];
    const read = await refusal(open(), 'ERR_SIGN_BACKEND');
    assert.equal(read.message, 'the token failed (CKR_ATTRIBUTE_SENSITIVE)');
  });

  const lies: readonly (readonly [TokenLie, SignErrorCode])[] = [
    ['random bytes', 'ERR_SIGN_SELF_CHECK'],
    ['signature of the digest', 'ERR_SIGN_SELF_CHECK'],
    ['another key', 'ERR_SIGN_SELF_CHECK'],
    ['small order', 'ERR_SIGN_SELF_CHECK'],
    ['63 bytes', 'ERR_SIGN_BACKEND'],
  ];
  for (const [lie, code] of lies) {
    it(`leaves nothing behind when the token answers with ${lie} (keys.md 10)`, async () => {
      const backend = await open();
      token.lie = lie;
      await refusal(signs(backend), code);
    });
  }

  it('says that a message is too long for the token (keys.md 12)', async () => {
    token.maxMessage = 100;
    const error = await refusal(signs(await open()), 'ERR_SIGN_LIMIT');
    assert.equal(error.message, 'the token signs no message of this length');
  });

  it('refuses a label that two keys have, and takes the id (keys.md 14)', async () => {
    token.addKey('ed1', 2);
    const error = await refusal(open(), 'ERR_SIGN_KEY');
    assert.equal(error.message, 'the token has more than one private key of that label');
    await signs(await open('token=slsa;object=ed1;id=%02'));
    await signs(await open('serial=abc;id=%01'));
  });

  it('refuses a token or key that is not there (keys.md 14)', async () => {
    const elsewhere = await refusal(open('token=other;object=ed1'), 'ERR_SIGN_KEY');
    assert.equal(elsewhere.message, 'the token of the PKCS #11 URI is not there');
    await refusal(open('token=slsa;serial=def;object=ed1'), 'ERR_SIGN_KEY');
    const unknown = await refusal(open('token=slsa;object=ed2'), 'ERR_SIGN_KEY');
    assert.equal(unknown.message, 'the token has no private key of that label and id');
  });

  it('tries no PIN twice, and none that could lock the token (keys.md 14)', async () => {
    const wrong = await refusal(open(undefined, undefined, 'CANARY-0000'), 'ERR_SIGN_CREDENTIALS');
    assert.equal(wrong.message, 'the PIN of the token slsa is wrong; it is not tried again');
    const again = await refusal(open(undefined, undefined, 'CANARY-0000'), 'ERR_SIGN_CREDENTIALS');
    assert.equal(again.message, 'the PIN of the token slsa was wrong; it is not tried again');
    assert.equal(token.pinTries, 1);
    for (const [flag, message] of [
      [0x20000, 'the token slsa locks after one more wrong PIN, so none is tried'],
      [0x40000, 'the PIN of the token slsa is locked'],
      [0x100, 'the token slsa wants its PIN on its own keypad, which is not supported'],
    ] as const) {
      token.flags = 0x4 | flag;
      assert.equal((await refusal(open(), 'ERR_SIGN_CREDENTIALS')).message, message);
    }
    assert.equal(token.pinTries, 1);
  });

  it('takes the PIN from a secret or a file, and warns of one in the URI (keys.md 23)', async () => {
    writeFileSync(join(folder, 'danube-pkcs11-pin'), `${token.pin}\n`);
    for (const query of [
      '',
      '&pin-source=secret:other-pin',
      `&pin-source=file:${join(folder, 'danube-pkcs11-pin')}`,
    ]) {
      const backend = await open(
        undefined,
        `module-path=${modulePath}${query}`,
        query === '' ? undefined : 'CANARY-x',
      );
      assert.deepEqual(backend.warnings, []);
      await signs(backend);
      await backends.pop()?.close?.();
    }
    const backend = await open(undefined, `module-path=${modulePath}&pin-value=${token.pin}`, 'CANARY-y');
    assert.match(backend.warnings?.[0]?.message ?? '', /list of processes/);
    assertClean(JSON.stringify([backend, await backend.describe?.({}), await backend.doctor?.({})]));
    rmSync(join(folder, 'danube-pkcs11-pin'));
    const other = join(folder, 'none');
    const missing = await refusal(
      open(undefined, `module-path=${modulePath}&pin-source=secret:none`),
      'ERR_SIGN_CONFIG',
    );
    assert.ok(missing.hint?.includes(other));
  });

  it('loads no module that somebody else may have put there (keys.md 14)', async () => {
    const at = async (path: string): Promise<string> =>
      (await refusal(open(undefined, path), 'ERR_SIGN_CONFIG')).message;
    assert.match(await at('module-path=module.so'), /is not absolute/);
    assert.match(await at('pin-source=secret:other-pin'), /names no module/);
    assert.match(await at(`module-path=${folder}`), /is not a regular file/);
    assert.match(await at(`module-path=${join(folder, 'nothing')}`), /there is no PKCS #11 module/);
    const writable = join(folder, 'writable.so');
    writeFileSync(writable, '');
    chmodSync(writable, 0o777);
    symlinkSync(writable, join(folder, 'link.so'));
    for (const path of [writable, join(folder, 'link.so')])
      assert.match(await at(`module-path=${path}`), /can be written to by others/);
    chmodSync(folder, 0o777);
    assert.match(
      await at(`module-path=${modulePath}`),
      /the folder of the PKCS #11 module .* can be written to by others/,
    );
    chmodSync(folder, 0o700);
  });

  it('refuses URIs that say more, less or something else', async () => {
    for (const path of [
      '',
      'token=slsa',
      'object=ed1',
      'slot-id=1;object=ed1',
      'token=slsa;token=slsa;object=ed1',
      'token=slsa;object=ed1;type=public',
      'token=slsa;object=ed1;unknown=1',
      'token=slsa;object=%zz',
      'token=slsa;object=%ff',
      'token=;object=ed1',
    ])
      await refusal(open(path), 'ERR_SIGN_KEY_URI');
    for (const query of [
      'pin-value=CANARY&pin-source=secret:a',
      'pin-source=CANARY',
      'module-name=softhsm',
      'a=b?c=d',
    ])
      await refusal(open(undefined, query), 'ERR_SIGN_KEY_URI');
  });

  it('tells how to install the optional package', async () => {
    const work = openKey(`pkcs11:token=slsa;object=ed1?module-path=${modulePath}`);
    const error = await refusal(work, 'ERR_SIGN_DEPENDENCY');
    assert.match(error.hint ?? '', /npm install pkcs11js@2/);
  });
});
