import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { describeKeyFile } from '@danube/keys/file';
import { keyFile } from './key-files.ts';
import { WITH_PASSPHRASE } from './reading.ts';
import { fixture } from './sample-files.ts';
import { RFC8032_KEYID, RFC8032_PUBLIC } from './sample-keys.ts';

describe('describeKeyFile', () => {
  const spkiSha256 = '06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9';

  it('tells what a private key file is', async () => {
    const path = keyFile();
    assert.deepEqual(await describeKeyFile(path), {
      path,
      kind: 'private',
      encrypted: false,
      keyid: RFC8032_KEYID,
      spkiSha256,
      algorithm: 'ed25519',
      mode: '0600',
      flaws: [],
      warnings: [],
    });
  });

  it('tells what a public key file is, of either algorithm', async () => {
    const path = keyFile(0o644, fixture('ed25519.pub'));
    const { kind, keyid, mode, flaws } = await describeKeyFile(path);
    assert.deepEqual([kind, keyid, mode, flaws], ['public', RFC8032_KEYID, '0644', []]);
    const p256 = await describeKeyFile(keyFile(0o644, fixture('prime256v1.pub')));
    assert.equal(p256.algorithm, 'ecdsa-p256-sha256');
  });

  it('names the flaws of a file that would be refused, instead of refusing it', async () => {
    const path = keyFile(0o644);
    symlinkSync(path, `${path}.link`);
    const { flaws, keyid } = await describeKeyFile(`${path}.link`);
    assert.equal(keyid, RFC8032_KEYID);
    assert.equal(flaws.length, 2);
    assert.match(flaws.map(({ message }) => message).join(), /symbolic link.*0644/);
  });

  it('knows nothing of an encrypted key but that, until it gets the passphrase', async () => {
    const path = keyFile(0o600, fixture('pbes2-scrypt.pem'));
    const closed = await describeKeyFile(path);
    assert.deepEqual([closed.kind, closed.encrypted, closed.keyid], ['private', true, undefined]);
    const open = await describeKeyFile(path, WITH_PASSPHRASE);
    assert.deepEqual([open.encrypted, open.keyid], [true, RFC8032_KEYID]);
  });

  it('does not guess what 32 raw bytes are', async () => {
    const path = keyFile(0o600, RFC8032_PUBLIC);
    await assert.rejects(describeKeyFile(path), { name: 'KeyError', code: 'ERR_KEY_FORMAT' });
  });
});
