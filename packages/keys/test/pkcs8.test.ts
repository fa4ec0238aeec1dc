import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { encodePem } from '../src/pem.ts';
import { concatBytes } from '../src/secret.ts';
import { keyidOf, refuses } from './reading.ts';
import { fixture } from './sample-files.ts';
import { hex, RFC8032_KEYID, RFC8032_PUBLIC, RFC8032_SEED, sampleKey, utf8 } from './sample-keys.ts';

describe('PKCS#8', () => {
  const v2 = concatBytes(hex('3051020101300506032b657004220420'), RFC8032_SEED, hex('812100'));

  it('reads version 1 as openssl writes it', async () => {
    assert.equal(await keyidOf(fixture('ed25519.pem')), RFC8032_KEYID);
  });

  it('reads version 2 with its public half', async () => {
    assert.equal(await keyidOf(encodePem('PRIVATE KEY', concatBytes(v2, RFC8032_PUBLIC))), RFC8032_KEYID);
  });

  it('refuses version 2 with the public half of another key (keys.md 8)', async () => {
    await refuses(encodePem('PRIVATE KEY', concatBytes(v2, sampleKey(1).publicKey.raw)), 'ERR_KEY_MISMATCH');
  });

  it('refuses attributes, a version that does not fit, a seed of another length, parameters, and bytes behind', async () => {
    const seedHex = Buffer.from(RFC8032_SEED).toString('hex');
    const cases = [
      `3030020100300506032b657004220420${seedHex}a000`,
      `302e020101300506032b657004220420${seedHex}`,
      `3051020100300506032b657004220420${seedHex}812100${Buffer.from(RFC8032_PUBLIC).toString('hex')}`,
      `302d020100300506032b65700421041f${seedHex.slice(2)}`,
      `3030020100300706032b6570050004220420${seedHex}`,
      `302e020100300506032b657004220420${seedHex}00`,
      `302e020102300506032b657004220420${seedHex}`,
      `302c020100300506032b65700420${seedHex}`,
    ];
    for (const der of cases) await refuses(encodePem('PRIVATE KEY', hex(der)), 'ERR_KEY_FORMAT');
  });

  it('refuses two keys in one file, and anything behind the key (keys.md 8)', async () => {
    const pem = fixture('ed25519.pem');
    await refuses(concatBytes(pem, pem), 'ERR_KEY_FORMAT', /more than one/);
    await refuses(concatBytes(pem, utf8('#')), 'ERR_KEY_FORMAT', /after the PEM block/);
  });

  it('refuses a public key in the private slot, and keys of other algorithms by name (keys.md 8)', async () => {
    await refuses(fixture('ed25519.pub'), 'ERR_KEY_SLOT');
    await refuses(fixture('ssh-ed25519.pub'), 'ERR_KEY_SLOT');
    await refuses(fixture('rsa.pem'), 'ERR_KEY_ALGORITHM', /an RSA private key/);
    await refuses(fixture('rsa-pss.pem'), 'ERR_KEY_ALGORITHM', /an RSA-PSS private key/);
    await refuses(fixture('rsa-traditional.pem'), 'ERR_KEY_ALGORITHM', /RSA/);
    await refuses(fixture('x25519.pem'), 'ERR_KEY_ALGORITHM', /an X25519 private key/);
    await refuses(fixture('ed448.pem'), 'ERR_KEY_ALGORITHM', /an Ed448 private key/);
    await refuses(fixture('secp384r1.pem'), 'ERR_KEY_ALGORITHM', /an ECDSA P-384 private key/);
    await refuses(fixture('prime256v1-sec1.pem'), 'ERR_KEY_ALGORITHM');
    await refuses(fixture('prime256v1.pem'), 'ERR_KEY_ALGORITHM', /only verify with P-256/);
    await refuses(encodePem('PGP PRIVATE KEY BLOCK', hex('00')), 'ERR_KEY_FORMAT', /PGP/);
  });
});
