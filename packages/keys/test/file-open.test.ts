import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { encodePrivateKeyPem, KeyError, type KeyErrorCode } from '@danube/keys';
import { readPrivateKeyFile, readPublicKeyFile, type PrivateKeyFileOptions } from '@danube/keys/file';
import { NOT_ROOT } from './folder.ts';
import { folder, keyFile, newPath } from './key-files.ts';
import { WITH_PASSPHRASE } from './reading.ts';
import { fixture } from './sample-files.ts';
import { RFC8032_KEYID, sampleKey } from './sample-keys.ts';

const NOBODY = 65_534;

async function refuses(path: string, message: RegExp, options?: PrivateKeyFileOptions): Promise<void> {
  const error = await readPrivateKeyFile(path, options).then(
    () => assert.fail('the key was read'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof KeyError, String(error));
  assert.equal(error.code, 'ERR_KEY_FILE_REFUSED');
  assert.match(error.message, message);
  assert.ok(error.hint !== undefined, 'no hint what to do about it');
}

describe('readPrivateKeyFile', () => {
  it('reads a key that only its owner can read, without a warning', async () => {
    for (const mode of [0o600, 0o400]) {
      const { key, warnings } = await readPrivateKeyFile(keyFile(mode));
      assert.equal(key.publicKey.keyid, RFC8032_KEYID);
      assert.deepEqual(warnings, []);
    }
  });

  it('refuses a key that group or others can read or write, and says how to change that (keys.md 6)', async () => {
    for (const mode of [0o640, 0o644, 0o604, 0o620, 0o602, 0o660, 0o666, 0o777, 0o610, 0o601]) {
      const path = keyFile(mode);
      await refuses(path, new RegExp(`mode 0${mode.toString(8)}`));
    }
  });

  it('refuses a symbolic link (keys.md 6)', async () => {
    const path = keyFile();
    const link = `${path}.link`;
    symlinkSync(path, link);
    await refuses(link, /symbolic link/);
    symlinkSync('nowhere', `${path}.dangling`);
    await refuses(`${path}.dangling`, /symbolic link/);
  });

  it('refuses a named pipe, without waiting for a writer (keys.md 6)', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', path]);
    await refuses(path, /named pipe/);
  });

  it('refuses a folder, a device and a socket (keys.md 6)', async () => {
    await refuses(folder, /directory/);
    await refuses('/dev/null', /device/);
    // By a relative path: one of more than 107 bytes is none for a socket.
    const before = process.cwd();
    process.chdir(folder);
    const server = createServer().listen('socket');
    process.chdir(before);
    await once(server, 'listening');
    await refuses(join(folder, 'socket'), /socket/);
    server.close();
  });

  it('refuses a key of another user (keys.md 6)', { skip: NOT_ROOT }, async () => {
    const path = keyFile();
    chownSync(path, NOBODY, NOBODY);
    await refuses(path, /belongs to user 65534/);
  });

  it('warns of a second hard link (keys.md 6)', async () => {
    const path = keyFile();
    linkSync(path, `${path}.second`);
    const { warnings } = await readPrivateKeyFile(path);
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['hard-linked'],
    );
  });

  it('warns of a folder that others can write to, unless it is sticky (keys.md 6)', async () => {
    const path = keyFile();
    chmodSync(join(path, '..'), 0o777);
    assert.deepEqual(
      (await readPrivateKeyFile(path)).warnings.map(({ code }) => code),
      ['parent-writable'],
    );
    chmodSync(join(path, '..'), 0o1777);
    assert.deepEqual((await readPrivateKeyFile(path)).warnings, []);
  });

  it('says that a file is not there, or is too large', async () => {
    await assert.rejects(readPrivateKeyFile(join(folder, 'none')), {
      name: 'KeyError',
      code: 'ERR_KEY_FILE_READ',
    });
    const large = keyFile(0o600, new Uint8Array(16_385));
    await assert.rejects(readPrivateKeyFile(large), { name: 'KeyError', code: 'ERR_KEY_LIMIT' });
  });

  it('passes on what is wrong with the key itself', async () => {
    const cases: [string, KeyErrorCode][] = [
      ['pbes2-scrypt.pem', 'ERR_KEY_PASSPHRASE_REQUIRED'],
      ['ed25519.pub', 'ERR_KEY_SLOT'],
      ['prime256v1.pem', 'ERR_KEY_ALGORITHM'],
    ];
    for (const [name, code] of cases) {
      await assert.rejects(readPrivateKeyFile(keyFile(0o600, fixture(name))), { name: 'KeyError', code });
    }
  });

  it('reads an encrypted key with its passphrase', async () => {
    const { key } = await readPrivateKeyFile(keyFile(0o600, fixture('pbes2-scrypt.pem')), WITH_PASSPHRASE);
    assert.equal(key.publicKey.keyid, RFC8032_KEYID);
  });

  it('never loads a file that is swapped in while it opens one (keys.md 6, 7)', async () => {
    const path = keyFile();
    const attacker = await encodePrivateKeyPem(sampleKey(1));
    const child = spawn(process.execPath, ['-e', SWAP, path], { stdio: ['pipe', 'ignore', 'inherit'] });
    child.stdin.write(
      JSON.stringify([readFileSync(path, 'latin1'), Buffer.from(attacker).toString('latin1')]),
    );
    child.stdin.write('\n');
    const seen = { loaded: 0, refused: 0 };
    while (Math.min(seen.loaded, seen.refused) < 30) {
      try {
        const { key } = await readPrivateKeyFile(path);
        assert.equal(key.publicKey.keyid, RFC8032_KEYID);
        seen.loaded += 1;
      } catch (error) {
        assert.ok(error instanceof KeyError && error.code === 'ERR_KEY_FILE_REFUSED', String(error));
        seen.refused += 1;
      }
    }
    child.kill();
    await once(child, 'exit');
  });
});

/** Puts the good key (0600), the attacker's (0666), and a link to the attacker's in place, round and round. */
const SWAP = `
const fs = require('node:fs');
const path = process.argv[1];
process.stdin.once('data', (chunk) => {
  const [good, bad] = JSON.parse(chunk.toString());
  fs.writeFileSync(path + '.bad', bad, { mode: 0o600 });
  const write = (mode, text) => { fs.writeFileSync(path + '.new', text); fs.chmodSync(path + '.new', mode); };
  const link = () => fs.symlinkSync(path + '.bad', path + '.new');
  const place = () => fs.renameSync(path + '.new', path);
  setInterval(() => {
    for (let i = 0; i < 50; i++) {
      write(0o600, good); place();
      write(0o666, bad); place();
      link(); place();
    }
    write(0o600, good); place();
  }, 0);
});
`;

/** A secret volume: the key is a link to ..data/signing.key, and ..data one to a folder with a date. */
function mount(mode: number): string {
  const volume = join(newPath(), '..');
  mkdirSync(join(volume, '..2026_11_01'));
  writeFileSync(join(volume, '..2026_11_01', 'signing.key'), fixture('ed25519.pem'));
  chmodSync(join(volume, '..2026_11_01', 'signing.key'), mode);
  symlinkSync('..2026_11_01', join(volume, '..data'));
  symlinkSync('..data/signing.key', join(volume, 'signing.key'));
  return join(volume, 'signing.key');
}

describe('readPrivateKeyFile from a Kubernetes mount', () => {
  const mounted = { allowMounted: true };

  it('follows the links of the mount, and lets its group read', async () => {
    for (const mode of [0o400, 0o440, 0o600, 0o640]) {
      assert.equal((await readPrivateKeyFile(mount(mode), mounted)).key.publicKey.keyid, RFC8032_KEYID);
    }
  });

  it('refuses all that without being asked for it', async () => {
    await refuses(mount(0o400), /symbolic link/);
  });

  it('still refuses a key that everybody can read, or the group can write', async () => {
    for (const mode of [0o644, 0o444, 0o460, 0o660]) await refuses(mount(mode), /mode/, mounted);
  });

  it('refuses links that leave the mount', async () => {
    const outside = keyFile();
    const path = mount(0o400);
    symlinkSync(outside, join(path, '..', 'other.key'));
    await refuses(join(path, '..', 'other.key'), /out of its folder/, mounted);
    symlinkSync('../', join(path, '..', 'parent'));
    await refuses(join(path, '..', 'parent'), /out of its folder/, mounted);
  });

  it('reads a regular file as well, as a subPath mount has it', async () => {
    assert.equal((await readPrivateKeyFile(keyFile(0o440), mounted)).key.publicKey.keyid, RFC8032_KEYID);
  });

  it('says that a link leads nowhere', async () => {
    symlinkSync('nowhere', join(folder, 'dangling'));
    await assert.rejects(readPrivateKeyFile(join(folder, 'dangling'), mounted), {
      code: 'ERR_KEY_FILE_READ',
    });
  });
});

describe('readPublicKeyFile', () => {
  it('reads a public key of any mode, also through a link', () => {
    const path = keyFile(0o644, fixture('ed25519.pub'));
    symlinkSync(path, `${path}.link`);
    for (const name of [path, `${path}.link`]) assert.equal(readPublicKeyFile(name).keyid, RFC8032_KEYID);
  });

  it('refuses a private key, a folder, a pipe, and what is not there', () => {
    assert.throws(() => readPublicKeyFile(keyFile()), { name: 'KeyError', code: 'ERR_KEY_SLOT' });
    assert.throws(() => readPublicKeyFile(folder), { name: 'KeyError', code: 'ERR_KEY_FILE_REFUSED' });
    assert.throws(() => readPublicKeyFile(join(folder, 'none')), {
      name: 'KeyError',
      code: 'ERR_KEY_FILE_READ',
    });
    execFileSync('mkfifo', [join(folder, 'public-pipe')]);
    assert.throws(() => readPublicKeyFile(join(folder, 'public-pipe')), { code: 'ERR_KEY_FILE_REFUSED' });
  });
});
