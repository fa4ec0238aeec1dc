import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  buildTimestampRequest,
  checkTimestampResponse,
  NONCE_BYTES,
  readTimestampAuthorities,
  SigstoreError,
  type TimestampRoot,
  verifyTimestamp,
} from '@danube/sigstore';
import { certificateChain, timestampOf, type ChainMistakes } from '../../vectors/timestamp-authority.ts';
import { derOf } from './fixture.ts';

const AT = '2026-02-01T12:00:00Z';
/** When the authority counts. */
const WINDOW = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2030-01-01T00:00:00Z') };
const SIGNATURE = Buffer.from('a signature');
const IMPRINT = createHash('sha256').update(SIGNATURE).digest();

function rootOf(
  mistakes: ChainMistakes = {},
  certificates = derOf(certificateChain(mistakes)),
): TimestampRoot {
  return readTimestampAuthorities([{ name: 'tsa', certificates, ...WINDOW }]);
}

function isError(code: string): (error: unknown) => boolean {
  return (error) => error instanceof SigstoreError && error.code === code;
}

describe('readTimestampAuthorities', () => {
  for (const [what, mistakes] of [
    ['a signer for signing code (GHSA-5qp5-ph6r-qj9f)', { usage: 'code signing' }],
    ['a signer for more than timestamps (GHSA-5qp5-ph6r-qj9f)', { usage: 'code signing as well' }],
    ['a signer whose use for timestamps is not critical', { usage: 'not critical' }],
    ['a chain whose signer was issued by another root of the same name', { forged: true }],
    ['a signer without its root', { alone: true }],
    ['a chain that ends below its root', { rootless: true }],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => rootOf(mistakes), isError('ERR_SIGSTORE_ROOT'));
    });
  }

  it('says where a chain breaks', () => {
    const code = 'ERR_SIGSTORE_ROOT';
    const unrelated = /its certificate 1 was not issued by the next one/;
    assert.throws(() => rootOf({ forged: true }), { code, message: unrelated });
    assert.throws(() => rootOf({ rootless: true }), { code, message: /its last certificate is no root/ });
  });

  it('refuses a chain in the wrong order, one of no certificate, and what is no certificate', () => {
    const chain = derOf(certificateChain());
    for (const certificates of [chain.toReversed(), [], [Buffer.from('x')]])
      assert.throws(() => rootOf({}, certificates), isError('ERR_SIGSTORE_ROOT'));
  });
});

describe('verifyTimestamp', () => {
  it('tells the time and the authority that proves it', () => {
    const proven = verifyTimestamp(timestampOf(IMPRINT, AT), SIGNATURE, rootOf());
    assert.deepEqual(proven, { by: 'timestamp-authority', name: 'tsa', time: new Date(AT) });
  });

  it('counts on the first and the last second of the authority, and on none beside them', () => {
    const root = rootOf();
    for (const at of ['2026-01-01T00:00:00Z', '2030-01-01T00:00:00Z'])
      assert.deepEqual(verifyTimestamp(timestampOf(IMPRINT, at), SIGNATURE, root).time, new Date(at));
    for (const at of ['2025-12-31T23:59:59Z', '2030-01-01T00:00:01Z'])
      assert.throws(
        () => verifyTimestamp(timestampOf(IMPRINT, at), SIGNATURE, root),
        isError('ERR_SIGSTORE_TIME'),
      );
  });

  it('counts on the first and the last second of the certificates, and on none beside them', () => {
    const certificates = derOf(certificateChain({ rootEnds: AT }));
    const window = { notBefore: new Date('2024-01-01'), notAfter: new Date('2050-01-01') };
    const root = readTimestampAuthorities([{ name: 'tsa', certificates, ...window }]);
    for (const at of ['2025-01-01T00:00:00Z', AT])
      assert.deepEqual(verifyTimestamp(timestampOf(IMPRINT, at), SIGNATURE, root).time, new Date(at));
    for (const at of ['2024-12-31T23:59:59Z', '2026-02-01T12:00:01Z'])
      assert.throws(
        () => verifyTimestamp(timestampOf(IMPRINT, at), SIGNATURE, root),
        isError('ERR_SIGSTORE_TIME'),
      );
  });

  it('refuses the key of an authority for another certificate than the one that is named', () => {
    const timestamp = timestampOf(IMPRINT, AT);
    assert.throws(
      () => verifyTimestamp(timestamp, SIGNATURE, rootOf({ serial: 3 })),
      isError('ERR_SIGSTORE_TIME'),
    );
  });

  it('takes no certificate from the timestamp itself (CVE-2026-39984)', () => {
    const forged = timestampOf(IMPRINT, AT, { forged: true });
    assert.throws(() => verifyTimestamp(forged, SIGNATURE, rootOf()), isError('ERR_SIGSTORE_TIME'));
  });

  it('refuses an expired root although the signer is still valid (CVE-2026-24122)', () => {
    const root = rootOf({ rootEnds: '2026-01-31T00:00:00Z' });
    assert.throws(
      () => verifyTimestamp(timestampOf(IMPRINT, AT), SIGNATURE, root),
      isError('ERR_SIGSTORE_TIME'),
    );
  });

  it('refuses each timestamp of which one byte was changed, or tells the same time', () => {
    const right = timestampOf(IMPRINT, AT);
    const root = rootOf();
    for (const index of right.keys()) {
      const changed = Buffer.from(right);
      changed[index] = (changed[index] ?? 0) ^ 1;
      try {
        assert.deepEqual(verifyTimestamp(changed, SIGNATURE, root).time, new Date(AT));
      } catch (error) {
        assert.ok(error instanceof SigstoreError, String(error));
      }
    }
  });

  it('refuses each beginning of a timestamp', () => {
    const right = timestampOf(IMPRINT, AT);
    for (const length of right.keys())
      assert.throws(
        () => verifyTimestamp(right.subarray(0, length), SIGNATURE, rootOf()),
        isError('ERR_SIGSTORE_TIME'),
      );
  });
});

describe('a request for a timestamp', () => {
  const nonce = Buffer.alloc(NONCE_BYTES, 0x41);

  it('is the DER of RFC 3161, section 2.4.1', () => {
    assert.equal(
      Buffer.from(buildTimestampRequest(SIGNATURE, nonce)).toString('hex'),
      `30480201013031300d060960864801650304020105000420${IMPRINT.toString('hex')}0210${nonce.toString('hex')}`,
    );
  });

  it('is answered by a timestamp over the same signature with the same nonce', () => {
    const response = timestampOf(IMPRINT, AT, {}, nonce);
    assert.deepEqual(checkTimestampResponse(response, SIGNATURE, nonce), new Date(AT));
    const accurate = timestampOf(IMPRINT, AT, { accuracy: true }, nonce);
    assert.deepEqual(checkTimestampResponse(accurate, SIGNATURE, nonce), new Date(AT));
    const other = Buffer.alloc(NONCE_BYTES, 0x42);
    for (const [bytes, signature, sent] of [
      [response, SIGNATURE, other],
      [response, Buffer.from('another'), nonce],
      [timestampOf(IMPRINT, AT), SIGNATURE, nonce],
      [timestampOf(IMPRINT, AT, { refused: true }), SIGNATURE, nonce],
      [Buffer.from('<html>'), SIGNATURE, nonce],
    ] as const)
      assert.throws(() => checkTimestampResponse(bytes, signature, sent), isError('ERR_SIGSTORE_TIME'));
  });

  it('keeps a nonce positive and in its shortest form', () => {
    for (const first of [0x00, 0x80, 0xff]) {
      const request = buildTimestampRequest(SIGNATURE, Buffer.alloc(NONCE_BYTES, first));
      const octet = request[request.length - NONCE_BYTES] ?? 0;
      assert.ok(octet > 0 && octet < 0x80);
    }
    assert.throws(() => buildTimestampRequest(SIGNATURE, Buffer.alloc(8)), TypeError);
  });
});
