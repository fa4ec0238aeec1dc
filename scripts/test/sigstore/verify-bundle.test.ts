import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { parsePublicKey } from '@danube/keys';
import {
  SigstoreError,
  type SigstoreErrorCode,
  type SigstoreRoot,
  parseTrustedRoot,
  verifySigstoreBundle,
} from '@danube/sigstore';
import {
  encodeSigstoreBundle,
  MalformedError,
  parseEnvelope,
  parseSigstoreBundle,
  publicKeyBundle,
  type SigstoreBundle,
} from 'in-toto-attestation';
import { describeSigner } from '../../../packages/sigstore/src/verify-bundle.ts';
import { envelope } from '../../vectors/dsse.ts';
import { BUILDER, P256, pem, sha256 } from '../../vectors/fixed-keys.ts';
import * as fc from 'fast-check';
import {
  COMMIT,
  IDENTITY,
  ISSUER,
  REF,
  REPOSITORY,
  SIGNED_AT,
  keylessBundle,
  trustedRoot,
  type Mistakes,
} from '../../vectors/sigstore-instance.ts';
import { ROOT, STATEMENT, bundleOf, bytesOf } from './fixture.ts';

/** The instance as one that demands no log entry and no time. */
const UNDEMANDING: SigstoreRoot = {
  instances: ROOT.instances.map((instance) => ({
    ...instance,
    thresholds: { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
  })),
};

interface Json {
  readonly verificationMaterial: {
    readonly certificate: { readonly rawBytes: string };
    readonly tlogEntries: object[];
  };
}

/** The bundle as an older version has it: with a chain of certificates, the authority's own as well when `root` is given. */
function olderBundle(version: '0.1' | '0.2', root?: 'with its root'): SigstoreBundle {
  const json = keylessBundle(STATEMENT) as Json;
  const { certificate, tlogEntries } = json.verificationMaterial;
  const { certificateAuthorities } = trustedRoot() as {
    readonly certificateAuthorities: readonly { readonly certChain: { readonly certificates: object[] } }[];
  };
  const issuers = root === undefined ? [] : (certificateAuthorities[0]?.certChain.certificates ?? []);
  const x509CertificateChain = { certificates: [certificate, ...issuers] };
  return parseSigstoreBundle(
    bytesOf({
      ...json,
      mediaType: `application/vnd.dev.sigstore.bundle+json;version=${version}`,
      verificationMaterial: { x509CertificateChain, tlogEntries },
    }),
  );
}

describe('verifySigstoreBundle', () => {
  it('tells who signed, what the certificate says of them, and when', () => {
    const signer = verifySigstoreBundle(bundleOf(), ROOT);
    assert.ok(signer.kind === 'certificate');
    assert.equal(signer.identity, IDENTITY);
    assert.equal(signer.issuer, ISSUER);
    assert.equal(signer.claims.sourceRepositoryUri, REPOSITORY);
    assert.equal(signer.claims.sourceRepositoryRef, REF);
    assert.equal(signer.claims.sourceRepositoryDigest, COMMIT);
    assert.equal(signer.claims.runnerEnvironment, 'github-hosted');
    assert.deepEqual(signer.times, [{ by: 'transparency-log', time: new Date(SIGNED_AT) }]);
    assert.equal(signer.logEntries, 1);
  });

  const rows: readonly (readonly [what: string, mistakes: Mistakes, code: SigstoreErrorCode])[] = [
    ['a certificate of an authority with a copied name', { forged: true }, 'ERR_SIGSTORE_CERTIFICATE'],
    ['a certificate that is for servers', { usage: 'server' }, 'ERR_SIGSTORE_CERTIFICATE'],
    ['a certificate that no log saw', { unlogged: 'no certificate log' }, 'ERR_SIGSTORE_CERTIFICATE'],
    ['a bundle without a log entry', { unlogged: 'no log entry' }, 'ERR_SIGSTORE_TIME'],
    ['a log entry of another signer', { splicedSigner: true }, 'ERR_SIGSTORE_TRANSPARENCY'],
    ['a time that the log did not sign', { editedTime: '2026-02-01T10:06:00Z' }, 'ERR_SIGSTORE_TRANSPARENCY'],
    [
      'a signature made a second after the certificate',
      { signedAt: '2026-02-01T10:10:01Z' },
      'ERR_SIGSTORE_CERTIFICATE',
    ],
    [
      'a signature made a second before the certificate',
      { signedAt: '2026-02-01T09:59:59Z' },
      'ERR_SIGSTORE_CERTIFICATE',
    ],
  ];
  for (const [what, mistakes, code] of rows) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => verifySigstoreBundle(bundleOf(mistakes), ROOT),
        (error) => isSigstoreError(error, code),
      );
    });
  }

  it('refuses a bundle that a key signed which the caller did not give', () => {
    const { payload, payloadType, signatures } = parseEnvelope(
      bytesOf(envelope(JSON.stringify(STATEMENT), [BUILDER])),
    );
    const keyed = publicKeyBundle({ payload, payloadType, signatures }, signatures[0]?.keyid ?? '');
    const bundle = parseSigstoreBundle(encodeSigstoreBundle(keyed));
    assert.throws(
      () => verifySigstoreBundle(bundle, UNDEMANDING),
      (error) => isSigstoreError(error, 'ERR_SIGSTORE_KEY'),
    );
  });

  it('verifies a signature over an artifact, which has to be given', () => {
    const artifact = Buffer.from('an artifact');
    const bundle = parseSigstoreBundle(
      bytesOf({
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        verificationMaterial: { publicKey: { hint: P256.keyid }, tlogEntries: [] },
        messageSignature: {
          messageDigest: { algorithm: 'SHA2_256', digest: sha256(artifact).toString('base64') },
          signature: Buffer.from(P256.sign(artifact)).toString('base64'),
        },
      }),
    );
    const publicKey = parsePublicKey(Buffer.from(pem('PUBLIC KEY', P256.spki)));
    assert.equal(verifySigstoreBundle(bundle, UNDEMANDING, { publicKey, artifact }).kind, 'key');
    assert.throws(
      () => verifySigstoreBundle(bundle, UNDEMANDING, { publicKey, artifact: Buffer.from('another') }),
      (error) => isSigstoreError(error, 'ERR_SIGSTORE_SIGNATURE'),
    );
    assert.throws(() => verifySigstoreBundle(bundle, UNDEMANDING, { publicKey }), {
      code: 'ERR_SIGSTORE_BUNDLE',
      message: 'the bundle signs an artifact, which was not given',
    });
  });

  it('takes no root from a bundle, except in version 0.1, which had it', () => {
    for (const bundle of [olderBundle('0.1'), olderBundle('0.1', 'with its root'), olderBundle('0.2')])
      assert.equal(verifySigstoreBundle(bundle, ROOT).kind, 'certificate');
    assert.throws(
      () => verifySigstoreBundle(olderBundle('0.2', 'with its root'), ROOT),
      (error) => isSigstoreError(error, 'ERR_SIGSTORE_CERTIFICATE'),
    );
    const other = parseTrustedRoot(bytesOf(trustedRoot('other')));
    assert.throws(
      () => verifySigstoreBundle(olderBundle('0.1', 'with its root'), other),
      (error) => isSigstoreError(error, 'ERR_SIGSTORE_CERTIFICATE'),
    );
  });

  it('takes the first and the last second of the certificate', () => {
    for (const signedAt of ['2026-02-01T10:00:00Z', '2026-02-01T10:10:00Z']) {
      assert.equal(verifySigstoreBundle(bundleOf({ signedAt }), ROOT).kind, 'certificate');
    }
  });

  it('counts the same entry once', () => {
    const json = JSON.parse(bytesOf(keylessBundle(STATEMENT)).toString());
    json.verificationMaterial.tlogEntries.push(json.verificationMaterial.tlogEntries[0]);
    const bundle = parseSigstoreBundle(bytesOf(json));
    assert.throws(
      () => verifySigstoreBundle(bundle, ROOT),
      (error) => isSigstoreError(error, 'ERR_SIGSTORE_TIME'),
    );
  });

  it('takes keys of logs from the root alone (CVE-2023-47122)', () => {
    const root = trustedRoot() as {
      readonly tlogs: object[];
      readonly ctlogs: { readonly publicKey: object }[];
    };
    const tlogs = root.tlogs.map((log) => ({ ...log, publicKey: root.ctlogs[0]?.publicKey }));
    const other = parseTrustedRoot(bytesOf({ ...root, tlogs }));
    assert.throws(
      () => verifySigstoreBundle(bundleOf(), other),
      (error) => isSigstoreError(error, 'ERR_SIGSTORE_TRANSPARENCY'),
    );
  });

  it('takes a bundle that one of several roots proves', () => {
    const lines = [trustedRoot('other'), trustedRoot()].map((root) => JSON.stringify(root)).join('\n');
    assert.equal(verifySigstoreBundle(bundleOf(), parseTrustedRoot(Buffer.from(lines))).kind, 'certificate');
  });

  it('proves nothing of 3000 changed bundles but what was signed, and throws nothing but its own errors', () => {
    const original = bytesOf(keylessBundle(STATEMENT));
    const payload = bytesOf(STATEMENT);
    fc.assert(
      fc.property(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(original);
        changed[at] = (changed[at] ?? 0) ^ change;
        try {
          const bundle = parseSigstoreBundle(changed);
          verifySigstoreBundle(bundle, ROOT);
          assert.deepEqual(Buffer.from(bundle.dsseEnvelope?.payload ?? []), payload);
        } catch (error) {
          if (!(error instanceof SigstoreError) && !(error instanceof MalformedError)) throw error;
        }
      }),
      { numRuns: 3000, seed: 7 },
    );
  });
});

describe('describeSigner', () => {
  const certificate = new X509Certificate(bundleOf().verificationMaterial.certificate ?? Buffer.of());
  const key = certificate.publicKey;

  function describeIdentity(name: string | undefined, issuer: string | undefined): string {
    const oids =
      issuer === undefined
        ? []
        : [{ oid: { id: [1, 3, 6, 1, 4, 1, 57264, 1, 1] }, value: Buffer.from(issuer) }];
    const identity = name === undefined ? { oids } : { subjectAlternativeName: name, oids };
    return describeSigner({ key, identity }, certificate, [], 0).identity;
  }

  it('refuses a certificate without an identity or without an issuer', () => {
    assert.equal(describeIdentity(IDENTITY, ISSUER), IDENTITY);
    for (const [identity, issuer] of [
      [undefined, ISSUER],
      ['', ISSUER],
      [IDENTITY, undefined],
      [IDENTITY, ''],
    ])
      assert.throws(
        () => describeIdentity(identity, issuer),
        (error) => isSigstoreError(error, 'ERR_SIGSTORE_CERTIFICATE'),
      );
    assert.throws(
      () => describeSigner({ key }, certificate, [], 0),
      (error) => isSigstoreError(error, 'ERR_SIGSTORE_CERTIFICATE'),
    );
  });
});

function isSigstoreError(error: unknown, code: SigstoreErrorCode): boolean {
  assert.ok(error instanceof SigstoreError);
  assert.equal(error.code, code, error.message);
  return true;
}
