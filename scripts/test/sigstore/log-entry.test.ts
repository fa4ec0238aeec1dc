import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TransparencyLogEntry } from 'in-toto-attestation';
import { loggedSigner } from '../../../packages/sigstore/src/log-entry.ts';
import { BUILDER, pem } from '../../vectors/fixed-keys.ts';
import { bundleOf, bytesOf } from './fixture.ts';

function entryOf(kind: string, version: string, body: unknown): TransparencyLogEntry {
  const [entry] = bundleOf().verificationMaterial.tlogEntries;
  assert.ok(entry !== undefined);
  return { ...entry, kindVersion: { kind, version }, canonicalizedBody: bytesOf(body) };
}

const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64');
const KEY = base64(pem('PUBLIC KEY', BUILDER.spki));
const DER = base64(BUILDER.spki);

describe('loggedSigner', () => {
  const kinds: Readonly<Record<string, TransparencyLogEntry>> = {
    'hashedrekord 0.0.1': entryOf('hashedrekord', '0.0.1', {
      spec: { signature: { publicKey: { content: KEY } } },
    }),
    'dsse 0.0.1': entryOf('dsse', '0.0.1', { spec: { signatures: [{ verifier: KEY }] } }),
    'intoto 0.0.2': entryOf('intoto', '0.0.2', {
      spec: { content: { envelope: { signatures: [{ publicKey: KEY }] } } },
    }),
    'hashedrekord 0.0.2': entryOf('hashedrekord', '0.0.2', {
      spec: { hashedRekordV002: { signature: { verifier: { publicKey: { rawBytes: DER } } } } },
    }),
    'dsse 0.0.2': entryOf('dsse', '0.0.2', {
      spec: { dsseV002: { signatures: [{ verifier: { publicKey: { rawBytes: DER } } }] } },
    }),
    'dsse 0.0.2 with a certificate': entryOf('dsse', '0.0.2', {
      spec: { dsseV002: { signatures: [{ verifier: { x509Certificate: { rawBytes: DER } } }] } },
    }),
  };
  for (const [what, entry] of Object.entries(kinds)) {
    it(`reads whom an entry of ${what} is about`, () => {
      assert.deepEqual(Buffer.from(loggedSigner(entry) ?? []), Buffer.from(BUILDER.spki));
    });
  }

  it('finds nobody where the body has another shape', () => {
    for (const body of [
      null,
      'text',
      [],
      {},
      { spec: null },
      { spec: { signatures: null } },
      { spec: { signatures: { 0: { verifier: KEY } } } },
      { spec: { signatures: [] } },
      { spec: { signatures: [null] } },
      { spec: { signatures: [{}] } },
      { spec: { signatures: [{ verifier: null }] } },
      { spec: { signatures: [{ verifier: 1 }] } },
      { spec: { signatures: [{ verifier: [DER] }] } },
      { spec: { signatures: [{ verifier: {} }] } },
      { spec: { signatures: [{ verifier: { publicKey: null } }] } },
      { spec: { signatures: [{ verifier: { publicKey: DER } }] } },
      { spec: { signatures: [{ verifier: { publicKey: { rawBytes: null } } }] } },
      { spec: { signatures: [{ verifier: { publicKey: { rawBytes: [1, 2] } } }] } },
      { spec: { signatures: [{ verifier: base64('text') }] } },
    ])
      assert.equal(loggedSigner(entryOf('dsse', '0.0.1', body)), undefined, JSON.stringify(body));
  });
});
