import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCertificate, parseTrustedRoot, verifyUnloggedEnvelope } from '@danube/sigstore';
import { parseEnvelope } from 'in-toto-attestation';
import { envelopeWithCertificate, IDENTITY, trustedRoot } from '../../vectors/sigstore-instance.ts';
import { bytesOf, ROOT, STATEMENT } from './fixture.ts';

interface Json {
  payload: string;
  payloadType: string;
  signatures: { keyid: string; sig: string; cert: string }[];
}

function envelope(change: (json: Json) => void = () => {}) {
  const json = envelopeWithCertificate(STATEMENT) as Json;
  change(json);
  return parseEnvelope(bytesOf(json));
}

describe('verifyUnloggedEnvelope', () => {
  it('proves who signed, and not when', () => {
    const signer = verifyUnloggedEnvelope(envelope(), ROOT);
    assert.equal(signer.identity, IDENTITY);
    assert.deepEqual(signer.times, []);
    assert.equal(signer.logEntries, 0);
  });

  it('refuses changed bytes, other roots, and a key where the certificate should be', () => {
    const changed = envelope((json) => {
      json.payload = Buffer.from('{}').toString('base64');
    });
    assert.throws(() => verifyUnloggedEnvelope(changed, ROOT), { code: 'ERR_SIGSTORE_SIGNATURE' });
    const other = parseTrustedRoot(bytesOf(trustedRoot('other')));
    assert.throws(() => verifyUnloggedEnvelope(envelope(), other), { code: 'ERR_SIGSTORE_CERTIFICATE' });
    const key = envelope((json) => {
      json.signatures[0]!.cert = json.signatures[0]!.cert.replaceAll('CERTIFICATE', 'PUBLIC KEY');
    });
    assert.throws(() => verifyUnloggedEnvelope(key, ROOT), { code: 'ERR_SIGSTORE_CERTIFICATE' });
  });

  it('reads one certificate beside one signature', () => {
    const two = envelope((json) => {
      json.signatures.push(json.signatures[0]!);
    });
    assert.equal(hasCertificate(two), false);
    assert.throws(() => verifyUnloggedEnvelope(two, ROOT), {
      code: 'ERR_SIGSTORE_BUNDLE',
      message: 'the envelope has no certificate beside its only signature',
    });
  });
});
