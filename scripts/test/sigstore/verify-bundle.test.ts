import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  SigstoreError,
  type SigstoreErrorCode,
  parseTrustedRoot,
  verifySigstoreBundle,
} from '@danube/sigstore';
import {
  encodeSigstoreBundle,
  MalformedError,
  parseEnvelope,
  parseSigstoreBundle,
  publicKeyBundle,
} from 'in-toto-attestation';
import { envelope } from '../../vectors/dsse.ts';
import { BUILDER } from '../../vectors/fixed-keys.ts';
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
    const thresholds = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };
    const instances = ROOT.instances.map((instance) => ({ ...instance, thresholds }));
    assert.throws(
      () => verifySigstoreBundle(bundle, { ...ROOT, instances }),
      (error) => isSigstoreError(error, 'ERR_SIGSTORE_KEY'),
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

function isSigstoreError(error: unknown, code: SigstoreErrorCode): boolean {
  assert.ok(error instanceof SigstoreError);
  assert.equal(error.code, code, error.message);
  return true;
}
