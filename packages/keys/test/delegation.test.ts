import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  buildDelegation,
  encodeDelegation,
  generatePrivateKey,
  type KeyAlgorithm,
  KeyError,
  matchDelegation,
  parsePublicKey,
  type PublicKey,
  verifyDelegation,
} from '@danube/keys';

interface Issuer {
  readonly publicKey: PublicKey;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

function issuerOf(algorithm: KeyAlgorithm): Issuer {
  if (algorithm === 'ed25519') return generatePrivateKey();
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKey: parsePublicKey(publicKey.export({ type: 'spki', format: 'der' })),
    sign: (message) => sign('sha256', message, privateKey),
  };
}

const [ed25519, p256] = [issuerOf('ed25519'), issuerOf('ecdsa-p256-sha256')];
const delegate = generatePrivateKey().publicKey;
const window = { notBefore: new Date('2026-01-02T03:04:05Z'), notAfter: new Date('2026-01-02T03:14:05Z') };
const ISSUERS = [ed25519.publicKey, p256.publicKey];

function certify(issuer: Issuer, times = window, serial: Uint8Array = randomBytes(16)): Uint8Array {
  const unsigned = buildDelegation(issuer.publicKey, { publicKey: delegate, ...times }, serial);
  return encodeDelegation(issuer.publicKey, unsigned, issuer.sign(unsigned));
}

function refuses(certificate: Uint8Array, code: KeyError['code'], issuers = ISSUERS): void {
  assert.throws(
    () => verifyDelegation(certificate, issuers),
    (error) => error instanceof KeyError && error.code === code,
  );
}

describe('a delegation', () => {
  for (const issuer of [ed25519, p256]) {
    it(`by a key of ${issuer.publicKey.algorithm} is read as it was written, and is X.509`, () => {
      for (const notBefore of ['2026-01-02T03:04:05Z', '2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z']) {
        const times = { notBefore: new Date(notBefore), notAfter: new Date(Date.parse(notBefore) + 600_000) };
        const certificate = certify(issuer, times);
        const read = verifyDelegation(certificate, ISSUERS);
        assert.deepEqual([read.notBefore, read.notAfter], [times.notBefore, times.notAfter]);
        assert.equal(read.publicKey.keyid, delegate.keyid);
        assert.equal(read.issuer, issuer.publicKey);
        const x509 = new X509Certificate(certificate);
        const key = createPublicKey({ key: Buffer.from(issuer.publicKey.spki), format: 'der', type: 'spki' });
        assert.ok(x509.verify(key));
        assert.deepEqual(
          [x509.subject, x509.issuer, x509.ca].map((shown) => String(shown).replaceAll('\\', '')),
          [`CN=${delegate.keyid}`, `CN=${issuer.publicKey.keyid}`, 'false'],
        );
        assert.deepEqual(x509.validFromDate, times.notBefore);
        assert.deepEqual(x509.keyUsage, ['2.25.323597923563160933740341451151275462063']);
      }
    });
  }

  it('fits into what AWS KMS signs at once', () => {
    const unsigned = buildDelegation(ed25519.publicKey, { publicKey: delegate, ...window }, randomBytes(16));
    assert.ok(unsigned.length < 512, String(unsigned.length));
  });

  it('is refused when a byte of it is another one', () => {
    const certificate = certify(ed25519);
    for (let at = 0; at < certificate.length; at += 1) {
      const changed = Uint8Array.from(certificate);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(() => verifyDelegation(changed, ISSUERS), KeyError, `byte ${at}`);
    }
    refuses(certificate.subarray(1), 'ERR_KEY_FORMAT');
    refuses(Buffer.concat([certificate, Buffer.of(0)]), 'ERR_KEY_FORMAT');
    refuses(new Uint8Array(), 'ERR_KEY_FORMAT');
  });

  it('is refused when another key signed it, or one that is not trusted', () => {
    const unsigned = buildDelegation(ed25519.publicKey, { publicKey: delegate, ...window }, randomBytes(16));
    const forged = encodeDelegation(ed25519.publicKey, unsigned, issuerOf('ed25519').sign(unsigned));
    refuses(forged, 'ERR_KEY_DELEGATION');
    refuses(certify(issuerOf('ed25519')), 'ERR_KEY_DELEGATION');
    refuses(certify(ed25519), 'ERR_KEY_DELEGATION', []);
    assert.ok(matchDelegation(forged));
    assert.ok(!matchDelegation(ed25519.publicKey.spki));
  });

  it('lasts from a second to an hour, for an Ed25519 key', () => {
    const until = (seconds: number): (() => unknown) => {
      const notAfter = new Date(window.notBefore.getTime() + seconds * 1000);
      return () => certify(ed25519, { ...window, notAfter });
    };
    for (const seconds of [0, -1, 3601, 1.5]) assert.throws(until(seconds), TypeError);
    for (const seconds of [1, 3600]) until(seconds)();
    assert.throws(() => certify(ed25519, window, randomBytes(15)), TypeError);
    const wrong = { publicKey: p256.publicKey, ...window };
    assert.throws(() => buildDelegation(ed25519.publicKey, wrong, randomBytes(16)), TypeError);
  });
});
