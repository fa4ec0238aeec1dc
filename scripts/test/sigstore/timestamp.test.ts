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
import { X509Certificate } from 'node:crypto';
import { certificateChain, timestampOf, type ChainMistakes } from '../../vectors/timestamp-authority.ts';

const AT = '2026-02-01T12:00:00Z';
const SIGNATURE = Buffer.from('a signature');
const IMPRINT = createHash('sha256').update(SIGNATURE).digest();

function derOf(pem: string): Buffer[] {
  return pem
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter((block) => block !== '')
    .map((block) => new X509Certificate(block).raw);
}

function rootOf(
  mistakes: ChainMistakes = {},
  certificates = derOf(certificateChain(mistakes)),
): TimestampRoot {
  const notBefore = new Date('2026-01-01T00:00:00Z');
  return readTimestampAuthorities([
    { name: 'tsa', certificates, notBefore, notAfter: new Date('2030-01-01') },
  ]);
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
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => rootOf(mistakes), isError('ERR_SIGSTORE_ROOT'));
    });
  }

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
