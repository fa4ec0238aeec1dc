import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePrivateKey } from '@danube/keys';
import { keyidOf, refuses } from './reading.ts';
import { jwk, RFC8032_KEYID, sampleKey } from './sample-keys.ts';

describe('private JWKs', () => {
  it('reads an Ed25519 OKP', async () => {
    assert.equal(
      await keyidOf(jwk({ alg: 'EdDSA', use: 'sig', key_ops: ['sign'], kid: 'any' })),
      RFC8032_KEYID,
    );
  });

  it('refuses x of another key, and no x (keys.md 8)', async () => {
    await refuses(
      jwk({ x: Buffer.from(sampleKey(1).publicKey.raw).toString('base64url') }),
      'ERR_KEY_MISMATCH',
    );
    await refuses(jwk({ x: undefined }), 'ERR_KEY_FORMAT', /ERR_MISSING \/x/);
  });

  it('refuses a public JWK, other curves and types, and keys that must not sign', async () => {
    await refuses(jwk({ d: undefined }), 'ERR_KEY_SLOT');
    await refuses(jwk({ crv: 'X25519' }), 'ERR_KEY_ALGORITHM', /X25519/);
    await refuses(jwk({ kty: 'EC', crv: 'P-256' }), 'ERR_KEY_ALGORITHM', /only verify with P-256/);
    await refuses(jwk({ kty: 'RSA', crv: undefined }), 'ERR_KEY_ALGORITHM', /RSA/);
    await refuses(jwk({ use: 'enc' }), 'ERR_KEY_ALGORITHM');
    await refuses(jwk({ key_ops: ['verify'] }), 'ERR_KEY_ALGORITHM');
  });

  it('prints no control characters out of a JWK', async () => {
    await assert.rejects(
      parsePrivateKey(jwk({ kty: '\u001b[31mRSA' })),
      (error) => error instanceof Error && !error.message.includes('\u001b'),
    );
  });
});
