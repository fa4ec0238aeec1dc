import { scryptSync } from 'node:crypto';
import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { secretbox } from '@noble/ciphers/salsa.js';
import { asciiText } from '../src/encoding.ts';
import { encodePem, parsePem } from '../src/pem.ts';
import { encodePkcs8 } from '../src/pkcs8.ts';
import { keyidOf, refuses, WITH_PASSPHRASE } from './reading.ts';
import { fixture, PASSPHRASE } from './sample-files.ts';
import { RFC8032_KEYID, RFC8032_SEED, seed, utf8 } from './sample-keys.ts';

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** A key file as cosign writes it, around any PKCS#8. */
function sealed(pkcs8: Uint8Array, changes: { N?: number; r?: number; kdf?: string; cipher?: string } = {}) {
  const { N = 32_768, r = 8, kdf = 'scrypt', cipher = 'nacl/secretbox' } = changes;
  const [salt, nonce] = [seed(5), seed(6).subarray(0, 24)];
  const key = scryptSync(PASSPHRASE, salt, 32, { N: 32_768, r: 8, p: 1, maxmem: 2 ** 28 });
  return utf8(
    JSON.stringify({
      kdf: { name: kdf, params: { N, r, p: 1 }, salt: base64(salt) },
      cipher: { name: cipher, nonce: base64(nonce) },
      ciphertext: base64(secretbox(key, nonce).seal(pkcs8)),
    }),
  );
}

describe('cosign and Sigstore keys', () => {
  const json = sealed(encodePkcs8(RFC8032_SEED));

  it('reads an Ed25519 key under either label', async () => {
    for (const label of ['ENCRYPTED SIGSTORE PRIVATE KEY', 'ENCRYPTED COSIGN PRIVATE KEY']) {
      assert.equal(await keyidOf(encodePem(label, json), WITH_PASSPHRASE), RFC8032_KEYID);
    }
  });

  it('asks for a passphrase, and refuses a wrong one and a damaged box', async () => {
    const pem = encodePem('ENCRYPTED SIGSTORE PRIVATE KEY', json);
    await refuses(pem, 'ERR_KEY_PASSPHRASE_REQUIRED');
    await refuses(pem, 'ERR_KEY_PASSPHRASE', /./, { passphrase: utf8('') });
    const damaged = utf8(asciiText(json).replace('"ciphertext":"', '"ciphertext":"AAAA'));
    await refuses(
      encodePem('ENCRYPTED SIGSTORE PRIVATE KEY', damaged),
      'ERR_KEY_PASSPHRASE',
      /./,
      WITH_PASSPHRASE,
    );
  });

  it('says that a P-256 key, which cosign makes by default, can only verify', async () => {
    const { der } = parsePem(fixture('prime256v1.pem'));
    const pem = encodePem('ENCRYPTED SIGSTORE PRIVATE KEY', sealed(der));
    await refuses(pem, 'ERR_KEY_ALGORITHM', /only verify with P-256/, WITH_PASSPHRASE);
  });

  it('refuses other costs than cosign writes', async () => {
    for (const cost of [{ N: 1024 }, { N: 2 ** 20 }, { r: 16 }]) {
      const pem = encodePem('ENCRYPTED SIGSTORE PRIVATE KEY', sealed(encodePkcs8(RFC8032_SEED), cost));
      await refuses(pem, 'ERR_KEY_LIMIT', /scrypt/, WITH_PASSPHRASE);
    }
  });

  it('refuses other derivations and ciphers, and JSON that is not such a key', async () => {
    const pkcs8 = encodePkcs8(RFC8032_SEED);
    for (const bytes of [
      sealed(pkcs8, { kdf: 'argon2' }),
      sealed(pkcs8, { cipher: 'aes' }),
      utf8('{}'),
      utf8('['),
    ]) {
      await refuses(
        encodePem('ENCRYPTED SIGSTORE PRIVATE KEY', bytes),
        'ERR_KEY_FORMAT',
        /./,
        WITH_PASSPHRASE,
      );
    }
  });
});
