/** The main entry as a browser gets it: bundled, without node:crypto, by the default conditions of package.json. */
import assert from 'node:assert/strict';
import { isBuiltin } from 'node:module';
import { describe, it } from 'node:test';
import { build } from 'esbuild';
import * as keys from '@danube/keys';
import { fixture, PASSPHRASE } from './sample-files.ts';
import { RFC8032_KEYID, sampleKey, utf8 } from './sample-keys.ts';

const { outputFiles, metafile } = await build({
  stdin: { contents: "export * from '@danube/keys';", resolveDir: import.meta.dirname },
  bundle: true,
  format: 'esm',
  platform: 'browser',
  conditions: ['@danube/source'],
  metafile: true,
  write: false,
});
const code = outputFiles[0]?.text ?? '';
const url = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
const browser = (await import(url)) as typeof keys;

describe('@danube/keys in a browser', () => {
  it('imports nothing from Node', () => {
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
    assert.deepEqual(
      imports.filter(({ path }) => isBuiltin(path)),
      [],
    );
    assert.deepEqual(
      Object.keys(metafile.inputs).filter((path) => path.includes('src/node/')),
      [],
    );
  });

  it('exports the same', () => {
    assert.deepEqual(Object.keys(browser).toSorted(), Object.keys(keys).toSorted());
  });

  it('verifies what Node signed, synchronously, and the other way round', () => {
    const message = utf8('message');
    const key = sampleKey(1);
    const there = browser.parsePublicKey(key.publicKey.raw);
    assert.equal(there.keyid, key.publicKey.keyid);
    assert.equal(browser.verifySignature(there, message, key.sign(message)), true);
    assert.equal(browser.verifySignature(there, utf8('other'), key.sign(message)), false);
    const theirs = browser.generatePrivateKey();
    const here = keys.parsePublicKey(theirs.publicKey.spki);
    assert.equal(keys.verifySignature(here, message, theirs.sign(message)), true);
  });

  it('reads encrypted keys', async () => {
    for (const name of ['pbes2-scrypt.pem', 'pbes2-aes256-sha256.pem']) {
      const key = await browser.parsePrivateKey(fixture(name), { passphrase: PASSPHRASE });
      assert.equal(key.publicKey.keyid, RFC8032_KEYID);
    }
    await browser.parsePrivateKey(fixture('ssh-ed25519-encrypted.ssh'), { passphrase: PASSPHRASE });
  });
});
