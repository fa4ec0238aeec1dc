import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { encodePrivateKeyPem, spkiSha256 } from '@danube/keys';
import { openKey, SignError, signPayload } from '@danube/signer';
import { sampleKey } from './backends.ts';

const folder = mkdtempSync(join(tmpdir(), 'danube-signer-'));
after(() => rmSync(folder, { recursive: true }));

const key = await sampleKey(1);
const path = join(folder, 'signing key');
writeFileSync(path, await encodePrivateKeyPem(key), { mode: 0o600 });

describe('openKey', () => {
  it('opens a path, file:PATH and a file URL', async () => {
    for (const uri of [path, `file:${path}`, pathToFileURL(path).href]) {
      const backend = await openKey(uri);
      assert.deepEqual(
        [backend.uri, backend.publicKey.keyid, backend.algorithm, backend.maxMessageBytes, backend.warnings],
        [uri, key.publicKey.keyid, 'ed25519', Infinity, []],
      );
    }
  });

  it('gives a key that signs until it is closed', async () => {
    const backend = await openKey(path);
    await signPayload('text/plain', new Uint8Array(1), backend);
    await backend.close?.();
    await assert.rejects(signPayload('text/plain', new Uint8Array(1), backend), { code: 'ERR_SIGN_BACKEND' });
  });

  it('refuses an unknown scheme and lists those it knows', async () => {
    for (const uri of ['gitlab://alias/danube', 'unknown:token=t', 'https://e.com/k']) {
      const error = await openKey(uri).catch((caught: unknown) => caught);
      assert.ok(error instanceof SignError && error.code === 'ERR_SIGN_KEY_URI', uri);
      assert.match(error.hint ?? '', /file:/);
      assert.doesNotMatch(error.message, /alias|token=|e\.com/);
    }
  });

  it('refuses a file URL with a host, and one that is none', async () => {
    for (const uri of ['file://server/key', 'file:///a%2Fb', 'file://%']) {
      await assert.rejects(openKey(uri), { name: 'SignError', code: 'ERR_SIGN_KEY_URI' });
    }
  });

  it('opens an encrypted key with its passphrase, and asks for one', async () => {
    const encrypted = join(folder, 'encrypted');
    const passphrase = new TextEncoder().encode('correct horse');
    writeFileSync(encrypted, await encodePrivateKeyPem(key, { passphrase }), { mode: 0o600 });
    await assert.rejects(openKey(encrypted), { name: 'KeyError', code: 'ERR_KEY_PASSPHRASE_REQUIRED' });
    assert.equal((await openKey(encrypted, { passphrase })).publicKey.keyid, key.publicKey.keyid);
  });

  it('refuses a link unless it is in a mount that was asked for (keys.md 6)', async () => {
    symlinkSync('signing key', join(folder, 'link'));
    await assert.rejects(openKey(join(folder, 'link')), { name: 'KeyError', code: 'ERR_KEY_FILE_REFUSED' });
    assert.equal(
      (await openKey(join(folder, 'link'), { allowMountedKey: true })).publicKey.keyid,
      key.publicKey.keyid,
    );
  });

  it('passes warnings on', async () => {
    chmodSync(folder, 0o777);
    const { warnings } = await openKey(path);
    chmodSync(folder, 0o700);
    assert.equal(warnings?.length, 1);
  });

  it('opens only the key that is expected, by keyid or by SPKI digest', async () => {
    for (const expectedKey of [key.publicKey.keyid, spkiSha256(key.publicKey)]) {
      assert.equal((await openKey(path, { expectedKey })).publicKey.keyid, key.publicKey.keyid);
    }
    const other = (await sampleKey(2)).publicKey;
    for (const expectedKey of [other.keyid, spkiSha256(other), '']) {
      await assert.rejects(openKey(path, { expectedKey }), { name: 'SignError', code: 'ERR_SIGN_KEY' });
    }
  });

  it('does not open a key when it was told to stop', async () => {
    const reason = new Error('stop');
    await assert.rejects(openKey(path, { signal: AbortSignal.abort(reason) }), reason);
  });
});
