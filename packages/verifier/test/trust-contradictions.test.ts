import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrustedBuilder, TrustedKey, TrustRoot } from '../src/index.ts';
import { findContradiction } from '../src/trust-contradictions.ts';
import { AUDITOR, BUILDER, STRANGER } from './fixture.ts';

const [FROM, UNTIL] = [new Date('2026-01-01'), new Date('2027-01-01')];
const NEVER = new Date(NaN);
const WINDOW = { notBefore: FROM, notAfter: UNTIL };
const KEY: TrustedKey = { publicKey: BUILDER.publicKey, ...WINDOW };
const OTHER: TrustedKey = { publicKey: AUDITOR.publicKey, ...WINDOW };
const CERTIFICATE = {
  sigstore: 'public',
  identity: 'https://ci.example.com/*',
  issuer: 'https://i.example.com',
};
const CI: TrustedBuilder = { id: 'https://ci.example.com', keys: [KEY.publicKey], threshold: 1, maxLevel: 2 };
const VERIFIER = { id: 'https://v.example.com', keys: [OTHER.publicKey], threshold: 1 };
const AUTHORITY = { name: 'tsa', certificates: [new Uint8Array(1)], ...WINDOW };
const ROOT: TrustRoot = {
  version: 1,
  expires: UNTIL,
  keys: [KEY, OTHER],
  builders: [CI],
  verifiers: [VERIFIER],
  sigstore: [{ name: 'public', trustedRoot: {} }],
  timestampAuthorities: [AUTHORITY],
};

const pointerOf = (change: object): string | undefined => findContradiction({ ...ROOT, ...change })?.pointer;
const ofKey = (change: object): string | undefined => pointerOf({ keys: [OTHER, { ...KEY, ...change }] });
const ofBuilder = (change: object): string | undefined => pointerOf({ builders: [{ ...CI, ...change }] });
const ofVerifier = (change: object): string | undefined =>
  pointerOf({ verifiers: [{ ...VERIFIER, ...change }] });
const ofAuthority = (change: object): string | undefined =>
  pointerOf({ timestampAuthorities: [{ ...AUTHORITY, ...change }] });
const ofCertificate = (change: object): string | undefined =>
  ofBuilder({ certificates: [{ ...CERTIFICATE, ...change }] });

describe('a trust root', () => {
  it('can mean what it says', () => {
    assert.equal(findContradiction(ROOT), undefined);
    assert.equal(
      pointerOf({ builders: [], sigstore: undefined, timestampAuthorities: undefined }),
      undefined,
    );
    assert.equal(pointerOf({ verifiers: undefined }), undefined);
  });

  it('has a version from 1 on and a time at which it expires', () => {
    for (const version of [0, -1, 1.5, NaN, 2 ** 53, '1']) assert.equal(pointerOf({ version }), '/version');
    assert.equal(pointerOf({ version: 2 ** 53 - 1 }), undefined);
    for (const expires of [NEVER, '2027-01-01', undefined]) assert.equal(pointerOf({ expires }), '/expires');
  });

  it('names somebody', () => {
    assert.equal(pointerOf({ builders: [], verifiers: [] }), '');
    assert.equal(pointerOf({ builders: [], verifiers: undefined }), '');
  });

  it('has keys with a time to sign in, which may be one moment', () => {
    assert.equal(ofKey({ notBefore: NEVER }), '/keys/1/notBefore');
    assert.equal(ofKey({ notAfter: NEVER }), '/keys/1/notAfter');
    assert.equal(ofKey({ notBefore: UNTIL }), undefined);
    assert.equal(ofKey({ notBefore: new Date(UNTIL.getTime() + 1) }), '/keys/1/notAfter');
    assert.equal(ofKey({ revoked: { since: NEVER, reason: 'x' } }), '/keys/1/revoked/since');
    assert.equal(ofKey({ revoked: { since: FROM, reason: 'x' } }), undefined);
  });

  it('has each key, name and id once', () => {
    assert.equal(pointerOf({ keys: [KEY, OTHER, { ...KEY }] }), '/keys/2');
    assert.equal(pointerOf({ builders: [CI, { ...CI, threshold: 1 }] }), '/builders/1');
    assert.equal(pointerOf({ verifiers: [VERIFIER, VERIFIER] }), '/verifiers/1');
    const sigstore = { name: 'public', trustedRoot: {} };
    assert.equal(pointerOf({ sigstore: [sigstore, sigstore] }), '/sigstore/1');
    assert.equal(pointerOf({ timestampAuthorities: [AUTHORITY, AUTHORITY] }), '/timestampAuthorities/1');
  });

  it('has builders and verifiers for whom as many can sign as have to', () => {
    for (const change of [ofBuilder, ofVerifier]) {
      const at = change === ofBuilder ? '/builders/0' : '/verifiers/0';
      assert.equal(change({ id: '' }), `${at}/id`);
      assert.equal(change({ keys: [] }), `${at}/keys`);
      assert.equal(change({ keys: [OTHER.publicKey, STRANGER.publicKey] }), `${at}/keys/1`);
      assert.equal(change({ keys: [OTHER.publicKey, OTHER.publicKey] }), `${at}/keys/1`);
      for (const threshold of [0, -1, 1.5, NaN, '1', 2])
        assert.equal(change({ threshold }), `${at}/threshold`);
      assert.equal(change({ keys: [KEY.publicKey, OTHER.publicKey], threshold: 2 }), undefined);
    }
  });

  it('counts all certificates of a builder as one signer', () => {
    const certificates = [CERTIFICATE, { ...CERTIFICATE, identity: 'https://ci.example.com/x' }];
    assert.equal(ofBuilder({ keys: [], certificates }), undefined);
    assert.equal(ofBuilder({ keys: [], certificates, threshold: 2 }), '/builders/0/threshold');
    assert.equal(ofBuilder({ certificates, threshold: 2 }), undefined);
    assert.equal(ofBuilder({ certificates, threshold: 3 }), '/builders/0/threshold');
  });

  it('has certificates of an instance that it knows, with patterns that can be some', () => {
    const at = '/builders/0/certificates';
    assert.equal(ofCertificate({}), undefined);
    assert.equal(ofBuilder({ certificates: [] }), at);
    assert.equal(ofBuilder({ certificates: [CERTIFICATE, { ...CERTIFICATE }] }), `${at}/1`);
    assert.equal(ofCertificate({ sigstore: 'other' }), `${at}/0/sigstore`);
    assert.equal(
      pointerOf({ sigstore: undefined, builders: [{ ...CI, certificates: [CERTIFICATE] }] }),
      `${at}/0/sigstore`,
    );
    for (const field of ['identity', 'issuer'])
      for (const pattern of ['', '*', 'https://*.example.com/x'])
        assert.equal(ofCertificate({ [field]: pattern }), `${at}/0/${field}`);
  });

  it('has levels, build types and sources that say something', () => {
    for (const maxLevel of [0, 4, 1.5, '1']) assert.equal(ofBuilder({ maxLevel }), '/builders/0/maxLevel');
    for (const maxLevel of [1, 2, 3]) assert.equal(ofBuilder({ maxLevel }), undefined);
    for (const field of ['buildTypes', 'sources']) {
      const at = `/builders/0/${field}`;
      assert.equal(ofBuilder({ [field]: [] }), at);
      assert.equal(ofBuilder({ [field]: ['a:b', ''] }), `${at}/1`);
      assert.equal(ofBuilder({ [field]: ['a:b', 'a:b'] }), `${at}/1`);
      assert.equal(ofBuilder({ [field]: ['a:b', 'a:c'] }), undefined);
    }
    assert.equal(ofBuilder({ sources: ['*'] }), '/builders/0/sources/0');
    assert.equal(ofBuilder({ buildTypes: ['*'] }), undefined);
  });

  it('has timestamp authorities with certificates and a time', () => {
    assert.equal(ofAuthority({ certificates: [] }), '/timestampAuthorities/0/certificates');
    assert.equal(ofAuthority({ notAfter: NEVER }), '/timestampAuthorities/0/notAfter');
    assert.equal(
      ofAuthority({ notBefore: new Date(UNTIL.getTime() + 1) }),
      '/timestampAuthorities/0/notAfter',
    );
  });
});
