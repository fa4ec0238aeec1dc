import assert from 'node:assert/strict';
import { createPrivateKey as importKey } from 'node:crypto';
import { describe, it } from 'node:test';
import { encodePrivateKeyPem, generatePrivateKey, parsePrivateKey } from '@danube/keys';
import { parseDer, integerOf, sequenceOf } from '../src/der.ts';
import { asciiText } from '../src/encoding.ts';
import { parsePem } from '../src/pem.ts';
import { createPrivateKey } from '../src/private-key.ts';
import { WITH_PASSPHRASE } from './reading.ts';
import { fixture, PASSPHRASE } from './sample-files.ts';
import { RFC8032_KEYID, RFC8032_SEED, utf8 } from './sample-keys.ts';

describe('encodePrivateKeyPem', () => {
  const key = createPrivateKey(RFC8032_SEED);

  it('writes PKCS#8 version 1, as openssl does', async () => {
    assert.equal(asciiText(await encodePrivateKeyPem(key)), asciiText(fixture('ed25519.pem')));
  });

  it('writes keys that it reads, encrypted by scrypt with N = 2^17, and never twice alike', async () => {
    const [first, second] = [
      await encodePrivateKeyPem(key, WITH_PASSPHRASE),
      await encodePrivateKeyPem(key, WITH_PASSPHRASE),
    ];
    assert.equal((await parsePrivateKey(first, WITH_PASSPHRASE)).publicKey.keyid, RFC8032_KEYID);
    assert.notDeepEqual(first, second);
    assert.deepEqual(scryptParameters(first), [131_072, 8, 1]);
  });

  it('writes keys by PBKDF2 that OpenSSL reads', async () => {
    const pem = await encodePrivateKeyPem(key, { ...WITH_PASSPHRASE, derivation: 'pbkdf2' });
    const imported = importKey({ key: Buffer.from(pem), passphrase: Buffer.from(PASSPHRASE) });
    assert.deepEqual(
      imported.export({ format: 'pem', type: 'pkcs8' }),
      asciiText(await encodePrivateKeyPem(key)),
    );
  });

  it('refuses an empty passphrase', async () => {
    await assert.rejects(encodePrivateKeyPem(key, { passphrase: new Uint8Array() }), {
      name: 'KeyError',
      code: 'ERR_KEY_PASSPHRASE',
    });
  });

  it('throws TypeError for a key that was destroyed', async () => {
    const destroyed = generatePrivateKey();
    destroyed.destroy();
    await assert.rejects(encodePrivateKeyPem(destroyed), TypeError);
    assert.throws(() => destroyed.sign(utf8('message')), TypeError);
  });
});

function scryptParameters(pem: Uint8Array): number[] {
  const [scheme] = sequenceOf(parseDer(parsePem(pem).der));
  const [derivation] = sequenceOf(sequenceOf(scheme)[1]);
  const [, ...numbers] = sequenceOf(sequenceOf(derivation)[1]);
  return numbers.map(integerOf);
}
