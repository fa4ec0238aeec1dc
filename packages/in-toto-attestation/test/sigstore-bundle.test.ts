import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  LIMITS,
  SIGSTORE_BUNDLE_V03,
  type SigstoreBundle,
  encodeSigstoreBundle,
  parseEnvelope,
  parseSigstoreBundle,
  certificateBundle,
  publicKeyBundle,
} from '../src/index.ts';
import { assertMalformed, bytes, envelope, json } from './documents.ts';

const OLD = 'application/vnd.dev.sigstore.bundle+json;version=';
const certificate = { rawBytes: 'AAEC' };
const promise = { signedEntryTimestamp: 'AAEC' };
const proof = {
  logIndex: '1',
  rootHash: 'AAEC',
  treeSize: '2',
  hashes: ['AAEC'],
  checkpoint: { envelope: 'note' },
};
const entry = { logIndex: '7', logId: { keyId: 'AAEC' }, integratedTime: '1700000000' };

function withEntry(more: object): object {
  return { certificate, tlogEntries: [{ ...entry, ...more }] };
}

function many(count: number, item: unknown): readonly unknown[] {
  return Array.from({ length: count }, () => item);
}

function chain(count: number): object {
  return { x509CertificateChain: { certificates: many(count, certificate) } };
}

interface Parts {
  readonly mediaType?: unknown;
  readonly material?: object;
  readonly content?: object;
}

function document({ mediaType = SIGSTORE_BUNDLE_V03, material = { certificate }, content }: Parts): object {
  return { mediaType, verificationMaterial: material, ...(content ?? { dsseEnvelope: envelope }) };
}

function parse(parts: Parts): SigstoreBundle {
  return parseSigstoreBundle(bytes(document(parts)));
}

describe('parseSigstoreBundle', () => {
  it('reads both spellings of version 0.3, and 0.2 and 0.1', () => {
    assert.equal(parse({}).version, '0.3');
    for (const version of ['0.1', '0.2', '0.3'])
      assert.equal(parse({ mediaType: OLD + version }).version, version);
    for (const mediaType of ['', `${OLD}0.4`, 'application/json', `${SIGSTORE_BUNDLE_V03} `]) {
      assertMalformed(() => parse({ mediaType }), 'ERR_VALUE', '/mediaType');
    }
    assertMalformed(() => parse({ mediaType: null }), 'ERR_MISSING', '/mediaType');
  });

  it('reads certificates, log entries and timestamps as bytes, 64-bit integers as text', () => {
    const bytes012 = Uint8Array.of(0, 1, 2);
    const material = {
      certificate,
      tlogEntries: [
        {
          ...entry,
          kindVersion: { kind: 'dsse', version: '0.0.1' },
          inclusionPromise: promise,
          inclusionProof: proof,
          canonicalizedBody: 'AAEC',
        },
      ],
      timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: 'AAEC' }] },
    };
    assert.deepEqual(parse({ material }).verificationMaterial, {
      certificate: bytes012,
      tlogEntries: [
        {
          logIndex: '7',
          logId: bytes012,
          kindVersion: { kind: 'dsse', version: '0.0.1' },
          integratedTime: '1700000000',
          inclusionPromise: bytes012,
          inclusionProof: {
            logIndex: '1',
            rootHash: bytes012,
            treeSize: '2',
            hashes: [bytes012],
            checkpoint: 'note',
          },
          canonicalizedBody: bytes012,
        },
      ],
      rfc3161Timestamps: [bytes012],
    });
  });

  it('keeps the JSON that it read, and writes it equal', () => {
    const whole = { ...document({}), vendor: { x: 1 } };
    const bundle = parseSigstoreBundle(bytes(whole));
    assert.deepEqual(bundle.json, whole);
    assert.deepEqual(json(encodeSigstoreBundle(bundle)), whole);
  });

  it('reads a signature over an artifact', () => {
    const messageSignature = { messageDigest: { algorithm: 'SHA2_256', digest: 'AAEC' }, signature: 'AAEC' };
    const bundle = parse({ content: { messageSignature } });
    assert.equal(bundle.dsseEnvelope, undefined);
    assert.equal(bundle.messageSignature?.messageDigest?.algorithm, 'SHA2_256');
  });

  it('rejects none and two of the contents, none and two of the materials', () => {
    const messageSignature = { signature: 'AAEC' };
    assertMalformed(() => parse({ content: {} }), 'ERR_MISSING', '');
    assertMalformed(
      () => parse({ content: { dsseEnvelope: envelope, messageSignature } }),
      'ERR_DUPLICATE',
      '',
    );
    assertMalformed(() => parse({ material: {} }), 'ERR_MISSING', '/verificationMaterial');
    const both = { certificate, publicKey: { hint: '' } };
    assertMalformed(() => parse({ material: both }), 'ERR_DUPLICATE', '/verificationMaterial');
  });

  it('rejects an envelope of two signatures', () => {
    const signatures = [{ sig: 'AA==' }, { sig: 'AQ==' }];
    const content = { dsseEnvelope: { ...envelope, signatures } };
    assertMalformed(() => parse({ content }), 'ERR_VALUE', '/dsseEnvelope/signatures');
  });

  it('says where inside the envelope the fault is', () => {
    const content = { dsseEnvelope: { ...envelope, signatures: [{ sig: 'x' }] } };
    assertMalformed(() => parse({ content }), 'ERR_BASE64', '/dsseEnvelope/signatures/0/sig');
  });

  it('demands of a log entry the proof that its version demands', () => {
    const at = '/verificationMaterial/tlogEntries/0';
    assert.ok(parse({ mediaType: `${OLD}0.1`, material: withEntry({ inclusionPromise: promise }) }));
    for (const mediaType of [`${OLD}0.2`, `${OLD}0.3`, SIGSTORE_BUNDLE_V03]) {
      assert.ok(parse({ mediaType, material: withEntry({ inclusionProof: proof }) }));
      const promised = withEntry({ inclusionPromise: promise });
      assertMalformed(() => parse({ mediaType, material: promised }), 'ERR_MISSING', `${at}/inclusionProof`);
      const { checkpoint: _, ...bare } = proof;
      const without = withEntry({ inclusionProof: bare });
      assertMalformed(
        () => parse({ mediaType, material: without }),
        'ERR_MISSING',
        `${at}/inclusionProof/checkpoint`,
      );
    }
    const proven = withEntry({ inclusionProof: proof });
    assertMalformed(
      () => parse({ mediaType: `${OLD}0.1`, material: proven }),
      'ERR_MISSING',
      `${at}/inclusionPromise`,
    );
  });

  it('reads a certificate chain before version 0.3 alone, and never an empty one', () => {
    const material = { x509CertificateChain: { certificates: [certificate, certificate] } };
    const read = parse({ mediaType: `${OLD}0.2`, material });
    assert.equal(read.verificationMaterial.x509CertificateChain?.length, 2);
    const at = '/verificationMaterial/x509CertificateChain';
    assertMalformed(() => parse({ material }), 'ERR_VALUE', at);
    const empty = { x509CertificateChain: { certificates: [] } };
    assertMalformed(
      () => parse({ mediaType: `${OLD}0.2`, material: empty }),
      'ERR_VALUE',
      `${at}/certificates`,
    );
  });

  it('reads 64-bit integers as proto3 JSON writes them, and no others', () => {
    const at = '/verificationMaterial/tlogEntries/0/logIndex';
    for (const [index, expected] of [['9223372036854775807'], [12, '12'], [undefined, '0'], ['0']]) {
      const [read] = parse({ material: withEntry({ logIndex: index, inclusionProof: proof }) })
        .verificationMaterial.tlogEntries;
      assert.equal(read?.logIndex, expected ?? index);
    }
    for (const index of ['-1', '9223372036854775808', '01', '1.0', '', ' 1', '1e3', -1, 1.5]) {
      assertMalformed(
        () => parse({ material: withEntry({ logIndex: index, inclusionProof: proof }) }),
        'ERR_VALUE',
        at,
      );
    }
    assertMalformed(
      () => parse({ material: withEntry({ logIndex: [1], inclusionProof: proof }) }),
      'ERR_TYPE',
      at,
    );
  });

  it('rejects one entry more than each limit', () => {
    const at = '/verificationMaterial';
    const proven = { ...entry, inclusionProof: proof };
    const material = {
      tlogEntries: (count: number) => ({ certificate, tlogEntries: many(count, proven) }),
      timestamps: (count: number) => ({
        certificate,
        timestampVerificationData: { rfc3161Timestamps: many(count, { signedTimestamp: 'AA==' }) },
      }),
    };
    assert.ok(parse({ material: material.tlogEntries(LIMITS.tlogEntries) }));
    assertMalformed(() => parse({ material: material.tlogEntries(33) }), 'ERR_LIMIT', `${at}/tlogEntries`);
    assert.ok(parse({ material: material.timestamps(LIMITS.timestamps) }));
    const timestamps = `${at}/timestampVerificationData/rfc3161Timestamps`;
    assertMalformed(() => parse({ material: material.timestamps(33) }), 'ERR_LIMIT', timestamps);

    const mediaType = `${OLD}0.1`;
    assert.ok(parse({ mediaType, material: chain(LIMITS.certificates) }));
    const certificates = `${at}/x509CertificateChain/certificates`;
    assertMalformed(() => parse({ mediaType, material: chain(33) }), 'ERR_LIMIT', certificates);

    const deep = (count: number) => ({
      certificate,
      tlogEntries: [{ ...entry, inclusionProof: { ...proof, hashes: many(count, 'AAEC') } }],
    });
    assert.ok(parse({ material: deep(LIMITS.proofHashes) }));
    assertMalformed(
      () => parse({ material: deep(65) }),
      'ERR_LIMIT',
      `${at}/tlogEntries/0/inclusionProof/hashes`,
    );
  });
});

describe('publicKeyBundle', () => {
  it('writes version 0.3 with the hint, and no field that Go would refuse', () => {
    const signed = parseEnvelope(bytes({ ...envelope, extra: 1 }));
    assert.deepEqual(json(encodeSigstoreBundle(publicKeyBundle(signed, 'SHA256:key'))), {
      mediaType: SIGSTORE_BUNDLE_V03,
      verificationMaterial: {
        publicKey: { hint: 'SHA256:key' },
        tlogEntries: [],
        timestampVerificationData: { rfc3161Timestamps: [] },
      },
      dsseEnvelope: envelope,
    });
  });

  it('refuses an envelope of two signatures', () => {
    const twice = parseEnvelope(bytes({ ...envelope, signatures: [{ sig: 'AA==' }, { sig: 'AQ==' }] }));
    assertMalformed(() => publicKeyBundle(twice, ''), 'ERR_VALUE', '/dsseEnvelope/signatures');
  });
});

describe('certificateBundle', () => {
  it('writes version 0.3 with the certificate alone', () => {
    const signed = parseEnvelope(bytes(envelope));
    const bundle = certificateBundle(signed, Uint8Array.of(0x30, 0));
    assert.deepEqual(bundle.verificationMaterial.certificate, Uint8Array.of(0x30, 0));
    assert.deepEqual(json(encodeSigstoreBundle(bundle)), {
      mediaType: SIGSTORE_BUNDLE_V03,
      verificationMaterial: {
        certificate: { rawBytes: 'MAA=' },
        tlogEntries: [],
        timestampVerificationData: { rfc3161Timestamps: [] },
      },
      dsseEnvelope: envelope,
    });
  });
});
