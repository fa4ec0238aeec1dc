import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTrustedRoot, SigstoreError } from '@danube/sigstore';
import { trustedRoot } from '../../vectors/sigstore-instance.ts';
import { bytesOf } from './fixture.ts';

const good = trustedRoot() as Record<string, unknown> & {
  readonly certificateAuthorities: readonly object[];
};

describe('parseTrustedRoot', () => {
  it('demands of a bundle what the root knows of', () => {
    const [instance] = parseTrustedRoot(bytesOf(good)).instances;
    assert.deepEqual(instance?.thresholds, { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 });
    const [private_] = parseTrustedRoot(bytesOf({ ...good, tlogs: [], ctlogs: [] })).instances;
    assert.deepEqual(private_?.thresholds, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 1 });
  });

  const broken: Readonly<Record<string, unknown>> = {
    nothing: {},
    'a list': [good],
    'another media type': { ...good, mediaType: 'application/json' },
    'no authorities': { ...good, certificateAuthorities: [] },
    'an authority without certificates': {
      ...good,
      certificateAuthorities: [{ certChain: { certificates: [] } }],
    },
    'one authority without certificates beside another': {
      ...good,
      certificateAuthorities: [...good.certificateAuthorities, { certChain: { certificates: [] } }],
    },
    'an authority that is nothing': { ...good, certificateAuthorities: [null] },
    'an authority whose chain is nothing': { ...good, certificateAuthorities: [{ certChain: null }] },
    'a certificate that is none': {
      ...good,
      certificateAuthorities: [{ certChain: { certificates: [{ rawBytes: 'AAAA' }] } }],
    },
    'a log whose key is none': {
      ...good,
      tlogs: [{ publicKey: { rawBytes: 'AAAA' }, logId: { keyId: 'AAAA' } }],
    },
  };
  for (const [what, value] of Object.entries(broken)) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => parseTrustedRoot(bytesOf(value)),
        (error) => error instanceof SigstoreError && error.code === 'ERR_SIGSTORE_ROOT',
      );
    });
  }

  it('refuses several roots of which one is broken', () => {
    const lines = Buffer.from(`${JSON.stringify(good)}\n{"a":1`);
    assert.throws(() => parseTrustedRoot(lines), { code: 'ERR_SIGSTORE_ROOT' });
  });
});
