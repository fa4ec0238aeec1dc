import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePublicKeyPem, generatePrivateKey, parsePublicKey, type PrivateKey } from '@danube/keys';
import {
  DocumentError,
  openPlainTrustRoot,
  openSignedTrustRoot,
  refuseRollback,
  TRUST_ROOT_PAYLOAD_TYPE,
} from '@danube/verifier/documents';
import { encodeEnvelope, type Envelope, pae } from 'in-toto-attestation';

const ROOT = generatePrivateKey();
const SECOND = generatePrivateKey();
const BUILDER = generatePrivateKey();

function documentOf(change: object = {}): Uint8Array {
  const document = {
    apiVersion: 'danube.dev/v1',
    kind: 'TrustRoot',
    version: 2,
    expires: '2056-01-01T00:00:00Z',
    keys: [
      {
        name: 'builder',
        publicKey: encodePublicKeyPem(BUILDER.publicKey),
        notBefore: '2026-01-01T00:00:00Z',
        notAfter: '2056-01-01T00:00:00Z',
      },
    ],
    builders: [{ id: 'https://ci.example.com', keys: ['builder'], threshold: 1, maxLevel: 1 }],
    ...change,
  };
  return Buffer.from(JSON.stringify(document));
}

function signedBy(keys: readonly PrivateKey[], parts: Partial<Envelope> = {}): Uint8Array {
  const { payload = documentOf(), payloadType = TRUST_ROOT_PAYLOAD_TYPE } = parts;
  const signatures = keys.map((key, index) => ({
    keyid: `claimed-${index}`,
    sig: key.sign(pae(payloadType, payload)),
  }));
  return encodeEnvelope({ payload, payloadType, signatures });
}

const isDocumentError = (error: unknown): boolean =>
  error instanceof DocumentError && error.code === 'ERR_TRUST_ROOT';

describe('openSignedTrustRoot', () => {
  it('opens what enough root keys signed, under whatever keyid', () => {
    const keys = [ROOT.publicKey, SECOND.publicKey];
    assert.equal(openSignedTrustRoot(signedBy([SECOND, ROOT]), keys, 2).root?.version, 2);
  });

  it('counts root keys, not signatures: one key twice, under two ids, in two encodings (CVE-2020-6174)', () => {
    const again = parsePublicKey(Buffer.from(encodePublicKeyPem(ROOT.publicKey)));
    const keys = [ROOT.publicKey, SECOND.publicKey, again];
    assert.equal(openSignedTrustRoot(signedBy([ROOT, ROOT]), keys, 2).root, undefined);
    assert.throws(() => openSignedTrustRoot(signedBy([ROOT]), [ROOT.publicKey, again], 2), TypeError);
  });

  it('refuses thresholds that would disable it (CVE-2026-23992)', () => {
    for (const threshold of [0, -1, Number.NaN, 1.5, 2, Number.POSITIVE_INFINITY])
      assert.throws(() => openSignedTrustRoot(signedBy([ROOT]), [ROOT.publicKey], threshold), TypeError);
    assert.throws(() => openSignedTrustRoot(signedBy([ROOT]), []), TypeError);
  });

  it('takes no root key from the envelope (GHSA-fx35-mq7g-6g98)', () => {
    assert.equal(openSignedTrustRoot(signedBy([BUILDER]), [ROOT.publicKey]).root, undefined);
  });

  it('does not read what nobody who is trusted signed', () => {
    const payload = Buffer.from('not even JSON');
    assert.equal(openSignedTrustRoot(signedBy([BUILDER], { payload }), [ROOT.publicKey]).root, undefined);
    assert.throws(
      () => openSignedTrustRoot(signedBy([ROOT], { payload }), [ROOT.publicKey]),
      isDocumentError,
    );
  });

  it('says where an envelope is none', () => {
    for (const text of ['', '{}', 'x', '{"payload":7}'])
      assert.throws(() => openSignedTrustRoot(Buffer.from(text), [ROOT.publicKey]), isDocumentError);
  });

  it('says where certificates are no base64', () => {
    const pem = (body: string): object => ({
      timestampAuthorities: [
        {
          name: 'tsa',
          certificateChain: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
          notBefore: '2026-01-01T00:00:00Z',
          notAfter: '2027-01-01T00:00:00Z',
        },
      ],
    });
    assert.ok(openPlainTrustRoot(documentOf(pem('AAAA'))).root);
    for (const body of ['AAA', 'A=AA', 'AA=='.repeat(2)])
      assert.throws(() => openPlainTrustRoot(documentOf(pem(body))), isDocumentError);
  });

  it('is not led to take an attestation for a trust root', () => {
    const payloadType = 'application/vnd.in-toto+json';
    assert.throws(
      () => openSignedTrustRoot(signedBy([ROOT], { payloadType }), [ROOT.publicKey]),
      isDocumentError,
    );
  });
});

describe('refuseRollback', () => {
  const opened = openPlainTrustRoot(documentOf());
  const digest = 'a'.repeat(64);

  it('refuses an older version, and another document of the same one (CVE-2024-23332, CVE-2026-44544)', () => {
    assert.equal(refuseRollback(opened, digest, { version: 3, sha256: digest }).root, undefined);
    assert.equal(refuseRollback(opened, digest, { version: 2, sha256: 'b'.repeat(64) }).root, undefined);
  });

  it('takes the same one and a newer one', () => {
    assert.ok(refuseRollback(opened, digest, { version: 2, sha256: digest }).root);
    assert.ok(refuseRollback(opened, digest, { version: 1, sha256: 'b'.repeat(64) }).root);
  });
});
