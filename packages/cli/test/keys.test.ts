import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parsePrivateKey, parsePublicKey, spkiSha256 } from '@danube/keys';
import { DANUBE, danube, folder, type Outcome, type RunOptions } from './danube.ts';
import { testKey, write, writeKey } from './fixture.ts';

const root = folder();
await writeKey(join(root, 'test.key'), await testKey(1));

function keys(args: readonly string[], options: RunOptions = {}): Outcome {
  return danube(['keys', ...args], { cwd: root, ...options });
}

function read(name: string): Buffer {
  return readFileSync(join(root, name));
}

describe('danube keys generate', () => {
  it('makes a private key of mode 0600 and its public key', async () => {
    const { code, stdout, stderr } = keys(['generate', '--out', 'new.key']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(statSync(join(root, 'new.key')).mode & 0o777, 0o600);
    const { publicKey } = await parsePrivateKey(read('new.key'));
    assert.deepEqual(parsePublicKey(read('new.key.pub')).spki, publicKey.spki);
    assert.equal(stdout, `private key  new.key\npublic key   new.key.pub\nkey id       ${publicKey.keyid}\n`);
  });

  it('tells programs the same as JSON', () => {
    const { stdout } = keys(['generate', '--out', 'json.key', '--format', 'json']);
    const publicKey = parsePublicKey(read('json.key.pub'));
    assert.deepEqual(JSON.parse(stdout), {
      path: 'json.key',
      publicKeyPath: 'json.key.pub',
      keyid: publicKey.keyid,
      spkiSha256: spkiSha256(publicKey),
      algorithm: 'ed25519',
    });
  });

  it("makes Danube's own key where Danube keeps it", () => {
    assert.equal(keys(['generate'], { env: { DANUBE_DATA_DIR: 'data' } }).code, 0);
    assert.equal(statSync(join(root, 'data/keys')).mode & 0o077, 0);
    assert.ok(existsSync(join(root, 'data/keys/signing.key.pub')));
  });

  it('never overwrites a key, nor half of one', () => {
    const before = read('test.key');
    assert.equal(keys(['generate', '--out', 'test.key']).code, 2);
    assert.deepEqual(read('test.key'), before);
    write(join(root, 'half.key.pub'), 'here already');
    assert.equal(keys(['generate', '--out', 'half.key']).code, 2);
    assert.equal(existsSync(join(root, 'half.key')), false);
  });

  it('encrypts for the openssl command when it is asked to, by PBKDF2', async () => {
    write(join(root, 'pbkdf2.txt'), 'correct horse');
    const args = ['generate', '--derivation', 'pbkdf2', '--out'];
    assert.equal(keys([...args, 'pbkdf2.key', '--passphrase-file', 'pbkdf2.txt']).code, 0);
    const oid = Buffer.from('06092a864886f70d01050c', 'hex');
    const der = Buffer.from(
      read('pbkdf2.key')
        .toString()
        .replace(/-----[^-]+-----/g, ''),
      'base64',
    );
    assert.ok(der.includes(oid));
    const passphrase = Buffer.from('correct horse');
    const { publicKey } = await parsePrivateKey(read('pbkdf2.key'), { passphrase });
    assert.deepEqual(parsePublicKey(read('pbkdf2.key.pub')).spki, publicKey.spki);
    const plain = keys([...args, 'not-encrypted.key']);
    assert.equal(plain.code, 2);
    assert.match(plain.stderr, /--derivation is for an encrypted key/);
    assert.equal(existsSync(join(root, 'not-encrypted.key')), false);
  });

  it('encrypts with the passphrase in a file', async () => {
    write(join(root, 'pass.txt'), 'correct horse\r\n');
    assert.equal(keys(['generate', '--out', 'file.key', '--passphrase-file', 'pass.txt']).code, 0);
    await parsePrivateKey(read('file.key'), { passphrase: Buffer.from('correct horse') });
    const piped = keys(['generate', '--out', 'pipe.key', '--passphrase-file', '-'], { input: 'battery' });
    assert.equal(piped.code, 0);
    await parsePrivateKey(read('pipe.key'), { passphrase: Buffer.from('battery') });
  });

  it('ends with 2 when there is nobody to ask, 3 when the folder is not there', () => {
    assert.equal(keys(['generate', '--out', 'asked.key', '--passphrase']).code, 2);
    assert.equal(keys(['generate', '--out', 'missing/new.key']).code, 3);
    assert.equal(keys(['generate', '--out', 'x.key', '--passphrase-file', 'missing']).code, 3);
    assert.equal(existsSync(join(root, 'asked.key')), false);
  });
});

/** `script` of util-linux gives the command a terminal; without it these cases cannot be had. */
const hasScript = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '');

describe(
  'a passphrase that is typed',
  { skip: hasScript ? false : 'script of util-linux is not installed' },
  () => {
    function typed(args: readonly string[], input: string): { code: number | null; screen: string } {
      const command = [process.execPath, DANUBE, 'keys', ...args].map((word) => `'${word}'`).join(' ');
      const { status, stdout } = spawnSync('script', ['-qec', `sleep 0.3; ${command}`, '/dev/null'], {
        cwd: root,
        input,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] },
      });
      return { code: status, screen: stdout };
    }

    it('encrypts the key; it is asked for twice', async () => {
      const { code, screen } = typed(
        ['generate', '--out', 'typed.key', '--passphrase'],
        'secretx\u007f\rsecret\r',
      );
      assert.equal(code, 0);
      assert.match(screen, /new passphrase: /);
      assert.match(screen, /the same again: /);
      await parsePrivateKey(read('typed.key'), { passphrase: Buffer.from('secret') });
    });

    it('is refused when the two differ', () => {
      const { code } = typed(['generate', '--out', 'differ.key', '--passphrase'], 'secret\rsecrex\r');
      assert.equal(code, 2);
      assert.equal(existsSync(join(root, 'differ.key')), false);
    });

    it('opens an encrypted key', () => {
      const { code, screen } = typed(['public', 'file.key', '--format', 'raw-hex'], 'correct horse\r');
      assert.equal(code, 0);
      assert.match(screen, /^[0-9a-f]{64}\r?$/m);
    });
  },
);

describe('danube keys show', () => {
  it('shows key id, digest, algorithm and permissions', () => {
    const { code, stdout } = keys(['show', 'test.key', 'test.key.pub']);
    assert.equal(code, 0);
    const publicKey = parsePublicKey(read('test.key.pub'));
    assert.equal(stdout.split(publicKey.keyid).length, 3);
    assert.equal(stdout.split(spkiSha256(publicKey)).length, 3);
    assert.match(stdout, /^test\.key: private key$/m);
    assert.match(stdout, /^ {2}permissions +0600$/m);
  });

  it('shows why a private key would be refused', () => {
    write(join(root, 'open.key'), read('test.key'), 0o644);
    const { code, stdout } = keys(['show', 'open.key']);
    assert.equal(code, 0);
    assert.match(stdout, /refused .*0644.*chmod 600/);
  });

  it('knows little of an encrypted key without its passphrase', () => {
    assert.match(keys(['show', 'file.key']).stdout, /key id +unknown without the passphrase/);
    const { stdout } = keys(['show', 'file.key', '--passphrase-file', 'pass.txt', '--format', 'json']);
    assert.equal(JSON.parse(stdout)[0].keyid, parsePublicKey(read('file.key.pub')).keyid);
  });

  it('shows the others when one cannot be shown', () => {
    write(join(root, 'no.key'), 'hello');
    const { code, stdout, stderr } = keys(['show', 'no.key', 'test.key']);
    assert.equal(code, 2);
    assert.match(stderr, /^danube: error: no\.key: /);
    assert.match(stdout, /^test\.key: private key$/m);
    assert.equal(keys(['show', 'missing.key', 'no.key']).code, 3);
  });

  it('shows no secret', () => {
    const seed = Buffer.alloc(32, 1);
    const { stdout, stderr } = keys(['show', 'test.key', '--format', 'json']);
    for (const encoding of ['hex', 'base64'] as const) {
      assert.doesNotMatch(stdout + stderr, new RegExp(seed.toString(encoding).slice(0, 20)));
    }
  });
});

describe('danube keys public', () => {
  it('prints the public key of a private or a public key, in each encoding', () => {
    for (const file of ['test.key', 'test.key.pub']) {
      assert.equal(keys(['public', file]).stdout, read('test.key.pub').toString());
      for (const format of ['openssh', 'raw-hex']) {
        const { stdout } = keys(['public', file, '--format', format]);
        assert.equal(parsePublicKey(Buffer.from(stdout)).keyid, parsePublicKey(read('test.key.pub')).keyid);
      }
    }
  });

  it('opens an encrypted key with its passphrase', () => {
    const { stdout } = keys(['public', 'file.key', '--passphrase-file', 'pass.txt']);
    assert.equal(stdout, read('file.key.pub').toString());
    const { code, stderr } = keys(['public', 'file.key']);
    assert.equal(code, 2);
    assert.match(stderr, /hint: .*--passphrase-file/);
  });

  it('ends with 2 for what is no key, 3 for what is not there', () => {
    const { code, stderr } = keys(['public', 'no.key']);
    assert.equal(code, 2);
    assert.match(stderr, /error: no\.key: this is no public key/);
    assert.equal(keys(['public', 'missing.key']).code, 3);
  });
});
