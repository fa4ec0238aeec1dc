import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { proveTimes, readTimestampAuthorities, type TimestampRoot } from '@danube/sigstore';
import { parseSigstoreBundle, type SigstoreBundle } from 'in-toto-attestation';
import { BUILDER, sha256 } from '../../vectors/fixed-keys.ts';
import { keyedBundle, keylessBundle, SIGNED_AT } from '../../vectors/sigstore-instance.ts';
import { certificateChain, timestampOf } from '../../vectors/timestamp-authority.ts';
import { bytesOf, derOf, STATEMENT } from './fixture.ts';

const AUTHORITIES: TimestampRoot = readTimestampAuthorities([
  {
    name: 'tsa',
    certificates: derOf(certificateChain()),
    notBefore: new Date('2026-01-01'),
    notAfter: new Date('2030-01-01'),
  },
]);

interface Json {
  readonly verificationMaterial: object;
  readonly dsseEnvelope: { readonly signatures: readonly { readonly sig: string }[] };
}

/** The bundle with a right timestamp over its signature. */
function stamped(bundle: object): SigstoreBundle {
  const json = bundle as Json;
  const signature = Buffer.from(json.dsseEnvelope.signatures[0]?.sig ?? '', 'base64');
  const signedTimestamp = timestampOf(sha256(signature), SIGNED_AT).toString('base64');
  return parseSigstoreBundle(
    bytesOf({
      ...json,
      verificationMaterial: {
        ...json.verificationMaterial,
        timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp }] },
      },
    }),
  );
}

function timesOf(bundle: SigstoreBundle, timestamps?: TimestampRoot): ReturnType<typeof proveTimes> {
  const { dsseEnvelope } = bundle;
  assert.ok(dsseEnvelope !== undefined);
  return proveTimes({ envelope: dsseEnvelope, bundle }, timestamps === undefined ? {} : { timestamps });
}

describe('proveTimes', () => {
  it('names the authority that proves the time of a key’s signature', () => {
    assert.deepEqual(timesOf(stamped(keyedBundle(STATEMENT, BUILDER)), AUTHORITIES), {
      times: [{ by: 'timestamp authority tsa', time: new Date(SIGNED_AT) }],
      problems: [],
    });
  });

  it('looks at no timestamp without an authority to verify it, or without a timestamp', () => {
    assert.equal(timesOf(stamped(keyedBundle(STATEMENT, BUILDER))), undefined);
    const unstamped = parseSigstoreBundle(bytesOf(keyedBundle(STATEMENT, BUILDER)));
    assert.equal(timesOf(unstamped, AUTHORITIES), undefined);
  });

  it('leaves the timestamps of Sigstore’s certificates to the instance that issued them', () => {
    assert.equal(timesOf(stamped(keylessBundle(STATEMENT)), AUTHORITIES), undefined);
  });
});
