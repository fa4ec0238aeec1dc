import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeyError, parsePrivateKey } from '@danube/keys';
import { encodeDer, encodeInteger, encodeOid, TAG } from '../src/der.ts';
import { encryptPkcs8 } from '../src/pbes2.ts';
import { encodePem, parsePem } from '../src/pem.ts';
import { keyidOf, refuses, WITH_PASSPHRASE } from './reading.ts';
import { fixture, PASSPHRASE } from './sample-files.ts';
import { RFC8032_KEYID, utf8 } from './sample-keys.ts';

describe('encrypted PKCS#8', () => {
  const names = [
    'pbes2-scrypt.pem',
    'pbes2-aes256-sha256.pem',
    'pbes2-aes192-sha384.pem',
    'pbes2-aes128-sha512.pem',
    'pbes2-aes256-sha1.pem',
  ];

  it('reads what openssl encrypts by PBES2', async () => {
    for (const name of names)
      assert.equal(await keyidOf(fixture(name), WITH_PASSPHRASE), RFC8032_KEYID, name);
  });

  it('asks for a passphrase with a code of its own', async () => {
    await refuses(fixture('pbes2-scrypt.pem'), 'ERR_KEY_PASSPHRASE_REQUIRED');
  });

  it('refuses a wrong or empty passphrase', async () => {
    for (const text of ['', 'correct hors', 'correct horse\n']) {
      for (const name of names) {
        await refuses(fixture(name), 'ERR_KEY_PASSPHRASE', /./, { passphrase: utf8(text) });
      }
    }
  });

  it('calls a damaged ciphertext a wrong passphrase, never anything else', async () => {
    const { der } = parsePem(fixture('pbes2-aes256-sha256.pem'));
    for (let i = 1; i <= 64; i++) {
      const damaged = Uint8Array.from(der);
      damaged[damaged.length - i]! ^= 1;
      const error = await parsePrivateKey(encodePem('ENCRYPTED PRIVATE KEY', damaged), WITH_PASSPHRASE).catch(
        (e) => e,
      );
      // Without authentication, a flipped bit inside the seed is another key; openssl has the same limit.
      if (error instanceof Error) assert.equal((error as KeyError).code, 'ERR_KEY_PASSPHRASE', String(error));
      else assert.notEqual(error.publicKey.keyid, RFC8032_KEYID);
    }
  });

  it('names outdated encryptions and how to convert them', async () => {
    await refuses(fixture('pbes1.pem'), 'ERR_KEY_FORMAT', /not PBES2/, WITH_PASSPHRASE);
    await refuses(fixture('pbes2-des3.pem'), 'ERR_KEY_FORMAT', /AES-CBC/, WITH_PASSPHRASE);
  });

  it('refuses to pay for a key derivation without bounds', async () => {
    const dear = [
      scryptKey(2 ** 19, 8, 1),
      scryptKey(2 ** 17, 8, 5),
      scryptKey(2, 2 ** 21, 1),
      pbkdf2Key(10_000_001),
    ];
    for (const key of dear) await refuses(key, 'ERR_KEY_LIMIT', /would take/, WITH_PASSPHRASE);
    await refuses(pbkdf2Key(1, 1025), 'ERR_KEY_LIMIT', /salt/, WITH_PASSPHRASE);
  });

  it('refuses derivations without parameters that make sense', async () => {
    const senseless = [
      scryptKey(3, 8, 1),
      scryptKey(0, 8, 1),
      scryptKey(16, 0, 1),
      scryptKey(16, 1, 0),
      pbkdf2Key(0),
    ];
    for (const key of senseless) await refuses(key, 'ERR_KEY_FORMAT', /./, WITH_PASSPHRASE);
  });

  it('says what is inside when it is no Ed25519 key', async () => {
    const { der } = parsePem(fixture('prime256v1.pem'));
    const encrypted = encodePem('ENCRYPTED PRIVATE KEY', await encryptPkcs8(der, PASSPHRASE, 'pbkdf2'));
    await refuses(encrypted, 'ERR_KEY_ALGORITHM', /P-256/, WITH_PASSPHRASE);
  });
});

/** Encrypted PKCS#8 with these parameters, and nothing worth decrypting inside. */
function encryptedWith(derivation: Uint8Array): Uint8Array {
  const cipher = sequence(
    encodeOid('2.16.840.1.101.3.4.1.42'),
    encodeDer(TAG.octetString, new Uint8Array(16)),
  );
  const scheme = sequence(encodeOid('1.2.840.113549.1.5.13'), sequence(derivation, cipher));
  return encodePem('ENCRYPTED PRIVATE KEY', sequence(scheme, encodeDer(TAG.octetString, new Uint8Array(64))));
}

function scryptKey(N: number, r: number, p: number): Uint8Array {
  const parameters = sequence(encodeDer(TAG.octetString, utf8('salt')), ...[N, r, p].map(encodeInteger));
  return encryptedWith(sequence(encodeOid('1.3.6.1.4.1.11591.4.11'), parameters));
}

function pbkdf2Key(iterations: number, saltLength = 8): Uint8Array {
  const parameters = sequence(
    encodeDer(TAG.octetString, new Uint8Array(saltLength)),
    encodeInteger(iterations),
  );
  return encryptedWith(sequence(encodeOid('1.2.840.113549.1.5.12'), parameters));
}

function sequence(...contents: Uint8Array[]): Uint8Array {
  return encodeDer(TAG.sequence, ...contents);
}
