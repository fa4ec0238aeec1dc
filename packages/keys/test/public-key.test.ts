import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  encodeOpenSshPublicKey,
  encodePublicKeyPem,
  parsePublicKey,
  spkiSha256,
  verifySignature,
  type PublicKey,
} from '@danube/keys';
import { concatBytes } from '../src/secret.ts';
import { hex, RFC8032_KEYID, RFC8032_PUBLIC, sampleKey, TORSION, utf8 } from './sample-keys.ts';

describe('key ids', () => {
  const key = parsePublicKey(RFC8032_PUBLIC);

  it('are OpenSSH fingerprints, which Go verifiers compare', () => {
    assert.equal(key.keyid, RFC8032_KEYID);
  });

  it('have the SHA-256 of the SPKI beside them', () => {
    assert.equal(spkiSha256(key), '06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9');
  });

  it('are the same for every encoding of a key, so that one key never counts twice (threats 21, 22)', () => {
    const pem = utf8(encodePublicKeyPem(key));
    const ssh = utf8(encodeOpenSshPublicKey(key, 'a comment'));
    const encodings = [pem, ssh, key.spki, key.raw, utf8(Buffer.from(key.raw).toString('hex'))];
    assert.equal(new Set(encodings.map((bytes) => parsePublicKey(bytes).keyid)).size, 1);
  });
});

describe('encodePublicKeyPem', () => {
  it('writes the SPKI of RFC 8410', () => {
    assert.equal(
      encodePublicKeyPem(parsePublicKey(RFC8032_PUBLIC)),
      '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n',
    );
  });
});

describe('encodeOpenSshPublicKey', () => {
  it('writes one line, with the comment where there is one', () => {
    const key = parsePublicKey(RFC8032_PUBLIC);
    const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea';
    assert.equal(encodeOpenSshPublicKey(key), `${line}\n`);
    assert.equal(encodeOpenSshPublicKey(key, 'release key'), `${line} release key\n`);
  });

  it('throws TypeError for a comment that would be a second line', () => {
    assert.throws(() => encodeOpenSshPublicKey(parsePublicKey(RFC8032_PUBLIC), 'a\nb'), TypeError);
  });
});

describe('verifySignature', () => {
  const message = utf8('message');
  const key = sampleKey(1);
  const signature = key.sign(message);

  it('accepts the key’s signature over these bytes only', () => {
    assert.equal(verifySignature(key.publicKey, message, signature), true);
    assert.equal(verifySignature(key.publicKey, utf8('messagf'), signature), false);
    assert.equal(verifySignature(sampleKey(2).publicKey, message, signature), false);
  });

  it('is false for signatures of 0, 63 and 65 bytes, and throws nothing', () => {
    for (const bad of [new Uint8Array(), signature.subarray(1), concatBytes(signature, hex('00'))]) {
      assert.equal(verifySignature(key.publicKey, message, bad), false);
    }
  });

  it('is false for an Ed25519 signature under a P-256 key, and the other way round (threats 28, keys.md 13)', () => {
    const p256 = parsePublicKey(utf8(P256_PEM));
    assert.equal(verifySignature(p256, message, signature), false);
    assert.equal(verifySignature(key.publicKey, message, hex('3006020101020101')), false);
  });

  it('accepts no signature of small order, for any message (threats 27)', () => {
    for (const point of TORSION) {
      const forged = concatBytes(point.toBytes(), new Uint8Array(32));
      for (let n = 0; n < 16; n++)
        assert.equal(verifySignature(key.publicKey, Uint8Array.of(n), forged), false);
    }
  });

  it('throws TypeError for an object that only looks like a key (threats 20, 22)', () => {
    const lookalike: PublicKey = { ...key.publicKey };
    assert.throws(() => verifySignature(lookalike, message, signature), TypeError);
  });

  it('throws TypeError for arguments that are no byte arrays', () => {
    assert.throws(() => verifySignature(key.publicKey, 'message' as never, signature), TypeError);
    assert.throws(() => verifySignature(key.publicKey, message, undefined as never), TypeError);
  });

  it('is not moved by a caller who writes into the key afterwards', () => {
    const mine = parsePublicKey(key.publicKey.raw);
    mine.raw.fill(0);
    mine.spki.fill(0);
    assert.equal(verifySignature(mine, message, signature), true);
  });
});

/** The curve's base point, whose private key is 1. */
const P256_PEM = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
`;
