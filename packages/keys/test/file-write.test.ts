import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { encodePublicKeyPem, KeyError } from '@danube/keys';
import { readPrivateKeyFile, writeKeyPair } from '@danube/keys/file';
import { folder } from './key-files.ts';
import { WITH_PASSPHRASE } from './reading.ts';
import { sampleKey } from './sample-keys.ts';

describe('writeKeyPair', () => {
  const key = sampleKey(7);

  it('writes the private key with mode 0600 and the public key beside it', async () => {
    const path = join(folder, 'new.key');
    const { publicKeyPath, warnings } = await writeKeyPair(path, key);
    assert.equal(publicKeyPath, `${path}.pub`);
    assert.deepEqual(warnings, []);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal((await readPrivateKeyFile(path)).key.publicKey.keyid, key.publicKey.keyid);
    assert.equal(readFileSync(publicKeyPath, 'utf8'), encodePublicKeyPem(key.publicKey));
  });

  it('encrypts with a passphrase', async () => {
    const path = join(folder, 'encrypted.key');
    await writeKeyPair(path, key, WITH_PASSPHRASE);
    await assert.rejects(readPrivateKeyFile(path), { code: 'ERR_KEY_PASSPHRASE_REQUIRED' });
    assert.equal((await readPrivateKeyFile(path, WITH_PASSPHRASE)).key.publicKey.keyid, key.publicKey.keyid);
  });

  it('overwrites neither half, and leaves neither behind when the other exists', async () => {
    for (const taken of ['key', 'key.pub']) {
      const own = join(folder, `taken-${taken}`);
      mkdirSync(own);
      writeFileSync(join(own, taken), 'precious');
      await assert.rejects(writeKeyPair(join(own, 'key'), key), {
        name: 'KeyError',
        code: 'ERR_KEY_FILE_EXISTS',
      });
      assert.deepEqual(readdirSync(own), [taken]);
      assert.equal(readFileSync(join(own, taken), 'utf8'), 'precious');
    }
  });

  it('writes through no link, not even a dangling one', async () => {
    const path = join(folder, 'planted.key');
    symlinkSync(join(folder, 'planted-target'), path);
    await assert.rejects(writeKeyPair(path, key), { name: 'KeyError', code: 'ERR_KEY_FILE_EXISTS' });
    assert.ok(!readdirSync(folder).includes('planted-target'));
  });

  it('says what to do when there is no such folder', async () => {
    const error = await writeKeyPair(join(folder, 'no', 'such', 'key'), key).catch(
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof KeyError && error.code === 'ERR_KEY_FILE_WRITE');
    assert.match(error.hint ?? '', /mkdir/);
  });

  it('keeps mode 0600 whatever the umask', async () => {
    const umask = process.umask(0);
    try {
      await writeKeyPair(join(folder, 'umask.key'), key);
    } finally {
      process.umask(umask);
    }
    assert.equal(statSync(join(folder, 'umask.key')).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, 'umask.key.pub')).mode & 0o777, 0o644);
  });
});
