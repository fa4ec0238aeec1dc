/** What other verifiers of this field shipped, one test a defect; the numbers are public advisories. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { type PublicKey, parsePublicKey, verifySignature } from '@danube/keys';
import { p256 } from '@noble/curves/nist.js';
import {
  type JsonObject,
  type JsonValue,
  PAYLOAD_TYPE,
  PROVENANCE_V1,
  encodeEnvelope,
  encodeSigstoreBundle,
  pae,
  publicKeyBundle,
} from 'in-toto-attestation';
import { ExpectationError, VerificationError, loadEvidence, verifyProvenance } from '../src/index.ts';
import {
  APP,
  AUDITOR,
  BUILDER,
  BUILDER_ID,
  LIB,
  NOW,
  SOURCE_URI,
  STRANGER,
  type Case,
  attestationOf,
  bytesOf,
  checkOf,
  envelopeJsonOf,
  envelopeOf,
  evaluate,
  failures,
  hash,
  predicateOf,
  signed,
  statementOf,
} from './fixture.ts';

/** Rejected, by exactly these checks of the only attestation. */
function rejects(input: Case, ...failed: readonly string[]): void {
  const report = evaluate(input);
  assert.equal(report.verdict, 'rejected');
  assert.deepEqual(failures(report), failed);
}

const SPDX = 'https://spdx.dev/Document';
const spdx = signed(statementOf({ predicateType: SPDX, predicate: {} }));

describe('type and payload confusion', () => {
  it('rejects a payload type whose letters are swapped for others with the same low byte (CVE-2026-48758)', () => {
    const twins = PAYLOAD_TYPE.split('')
      .map((letter) => String.fromCharCode(letter.charCodeAt(0) + 0x100))
      .join('');
    for (const payloadType of [twins, PAYLOAD_TYPE.replace('t', '\u0174')]) {
      rejects({ files: [bytesOf({ ...envelopeJsonOf(), payloadType })] }, 'envelope.format');
    }
  });

  it('rejects a payload type that was exchanged for another allowed one', () => {
    const payloadType = 'application/vnd.in-toto.provenance+json';
    rejects({ files: [bytesOf({ ...envelopeJsonOf(), payloadType })] }, 'signature', 'key.threshold');
  });

  it('counts bytes, not characters, in what is signed', () => {
    const statement = statementOf({ subject: [{ ...APP, name: 'größe-日本語' }] });
    assert.equal(evaluate({ files: [signed(statement)] }).verdict, 'accepted');
  });

  it('rejects one type when another verified, also beside it (CVE-2022-35929, CVE-2022-35930)', () => {
    rejects({ files: [spdx] }, 'predicate.type');
    const report = evaluate({
      files: [spdx, signed()],
      expect: { predicateType: 'https://in-toto.io/attestation/vulns/v0.2' },
    });
    assert.equal(report.verdict, 'rejected');
  });

  it('rejects a signed payload that is no statement (CVE-2026-39395)', () => {
    for (const payload of [
      'no JSON',
      '[]',
      'null',
      '""',
      '{}',
      { ...statementOf(), _type: 'https://in-toto.io/Statement/v9' },
    ]) {
      rejects({ files: [signed(payload)] }, 'statement.format');
    }
  });

  it('throws when nothing of the type exists, instead of returning nothing (CVE-2025-25204)', () => {
    for (const files of [[], [spdx], [bytesOf('')]]) {
      const evidence = loadEvidence(files.map((bytes) => ({ path: 'x', bytes })));
      const expectations = { publicKeys: [BUILDER.publicKey] };
      for (const artifacts of [[APP], 'provenance-only'] as const) {
        assert.throws(
          () => verifyProvenance({ evidence, artifacts, expectations, now: NOW }),
          VerificationError,
        );
      }
    }
  });

  it('rejects near misses of the type URI', () => {
    for (const suffix of ['/', '.0', '#x', '?draft', '.1', '%20']) {
      rejects({ files: [signed(statementOf({ predicateType: PROVENANCE_V1 + suffix }))] }, 'predicate.type');
    }
    rejects(
      { files: [signed(statementOf({ predicateType: 'https://slsa.dev/provenance/V1' }))] },
      'predicate.type',
    );
    rejects(
      { files: [signed(statementOf({ predicateType: 'https://slsa.dev/provenance/v0.1' }))] },
      'predicate.type',
    );
  });

  it('takes URL-safe base64, and refuses mixed alphabets, spaces, bad padding and what follows', () => {
    const statement = JSON.stringify(statementOf({ subject: [{ ...APP, name: '???>>>~~~' }] }));
    // One blank more or less is the same JSON: this one leaves two characters of padding.
    const envelope = envelopeJsonOf(statement + ' '.repeat((4 - (statement.length % 3)) % 3));
    const { payload } = envelope as { payload: string };
    assert.match(payload, /\/.*\+.*[AQgw]==$/);
    const urlSafe = payload.replaceAll('+', '-').replaceAll('/', '_');
    assert.notEqual(payload, urlSafe);
    assert.equal(evaluate({ files: [bytesOf({ ...envelope, payload: urlSafe })] }).verdict, 'accepted');
    for (const bad of [
      `${payload}!!`,
      ` ${payload}`,
      `${payload}\n`,
      `${payload}aGk=`,
      payload.slice(0, -1),
      `${payload}====`,
      `-${payload.slice(1)}`,
      // Read leniently, these three are the very bytes that were signed.
      payload.replace('+', '-'),
      payload.replace(/.(?===$)/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)),
      payload.slice(0, -2),
    ]) {
      assert.equal(
        evaluate({ files: [bytesOf({ ...envelope, payload: bad })] }).verdict,
        'rejected',
        bad.slice(-8),
      );
    }
  });

  it('reads the payload whose signature was verified, not a second one of the same name', () => {
    const { payload, payloadType, signatures } = envelopeJsonOf() as {
      [key: string]: JsonValue;
      payload: string;
    };
    const other = Buffer.from(JSON.stringify(statementOf({ subject: [LIB] }))).toString('base64');
    const rest = `"payloadType":${JSON.stringify(payloadType)},"signatures":${JSON.stringify(signatures)}`;
    for (const [first, second] of [
      [payload, other],
      [other, payload],
    ]) {
      const text = `{"payload":"${first}",${rest},"payload":"${second}"}`;
      for (const artifacts of [[APP], [LIB]])
        rejects({ files: [bytesOf(text)], artifacts }, 'envelope.format');
    }
  });
});

describe('subject and digest binding', () => {
  it('rejects a valid attestation of another artifact (CVE-2026-31830)', () => {
    rejects({ artifacts: [LIB] }, 'evidence.found', 'subject.digest');
    rejects({ artifacts: [{ ...LIB, name: APP.name }] }, 'subject.digest');
  });

  it('looks at every subject and every signature, not only at the first', () => {
    const files = [signed(statementOf({ subject: [LIB, APP] }), { keys: [STRANGER, BUILDER] })];
    assert.equal(evaluate({ files }).verdict, 'accepted');
    assert.equal(evaluate({ files, artifacts: [LIB] }).verdict, 'accepted');
    assert.equal(
      evaluate({ files: [signed(statementOf(), { keys: [STRANGER, AUDITOR] })] }).verdict,
      'rejected',
    );
  });

  it('knows an algorithm by its name, never by the length of its digest', () => {
    const { sha256 } = APP.digest;
    for (const algorithm of [
      'sha3_256',
      'blake2s',
      'sha512_256',
      'sm3',
      'gost',
      'dirHash',
      'sha-256',
      'SHA256',
      'unknown',
    ]) {
      const files = [
        signed(statementOf({ subject: [{ name: 'app.tgz', digest: { [algorithm]: sha256 } }] })),
      ];
      rejects({ files }, 'subject.digest');
    }
  });

  it('rejects a right sha256 beside a wrong sha512 (GHSA-pgpm-j729-qcvh)', () => {
    const right = { sha256: hash('sha256', 'x'), sha512: hash('sha512', 'x') };
    const artifacts = [{ name: 'x', digest: right }];
    for (const digest of [
      { ...right, sha512: hash('sha512', 'y') },
      { ...right, sha256: hash('sha256', 'y') },
    ]) {
      rejects(
        { files: [signed(statementOf({ subject: [{ name: 'x', digest }] }))], artifacts },
        'subject.digest',
      );
    }
  });

  it('rejects subjects without a digest that counts', () => {
    const { sha256 = '' } = APP.digest;
    for (const digest of [{ sha1: 'a'.repeat(40) }, { md5: 'a'.repeat(32) }, { gitCommit: 'a'.repeat(40) }]) {
      rejects({ files: [signed(statementOf({ subject: [{ name: 'app.tgz', digest }] }))] }, 'subject.digest');
    }
    const malformed: unknown[] = [
      {},
      null,
      { sha256: sha256.toUpperCase() },
      { sha256: `${sha256}\n` },
      { sha256: '' },
      { sha256: `${sha256.slice(2)}zz` },
      { sha256: null },
      { sha256: 7 },
    ];
    for (const digest of malformed) {
      rejects(
        { files: [signed(statementOf({ subject: [{ name: 'app.tgz', digest }] }))] },
        'statement.format',
      );
    }
  });

  it('rejects entries of the subject list that are none (cosign #5016)', () => {
    for (const entry of [null, 7, 'app.tgz', [], true]) {
      rejects({ files: [signed(statementOf({ subject: [APP, entry] }))] }, 'statement.format');
    }
  });

  it('takes a subject that has sha512 alone (cosign #4813)', () => {
    const artifact = { name: 'x', digest: { sha512: hash('sha512', 'x') } };
    assert.equal(
      evaluate({ files: [signed(statementOf({ subject: [artifact] }))], artifacts: [artifact] }).verdict,
      'accepted',
    );
  });

  it('never decides by a name', () => {
    for (const name of ['../app.tgz', './app.tgz', 'app.tgz\0', '__proto__', 'constructor', '']) {
      const files = [signed(statementOf({ subject: [{ name, digest: LIB.digest }] }))];
      const report = evaluate({ files, artifacts: [{ ...APP, name }] });
      assert.equal(report.verdict, 'rejected');
      assert.equal(checkOf(report, 'subject.digest').status, 'fail');
    }
  });
});

describe('keys, key ids, thresholds', () => {
  const both = [BUILDER.publicKey, AUDITOR.publicKey];

  it('takes no key from the evidence (GHSA-fx35-mq7g-6g98)', () => {
    const envelope = envelopeJsonOf(statementOf(), { keys: [STRANGER] });
    const [signature] = envelope['signatures'] as unknown as [JsonObject];
    const pem = Buffer.from(STRANGER.publicKey.spki).toString('base64');
    for (const name of ['cert', 'publicKey', 'key']) {
      const files = [bytesOf({ ...envelope, [name]: pem, signatures: [{ ...signature, [name]: pem }] })];
      rejects({ files }, 'signature', 'key.threshold');
    }
    const bundle = publicKeyBundle(envelopeOf(statementOf(), { keys: [STRANGER] }), BUILDER.publicKey.keyid);
    rejects({ files: [encodeSigstoreBundle(bundle)] }, 'signature', 'key.threshold');
  });

  it('counts keys, not signatures: the same twice, under two ids, in two encodings (CVE-2020-6174)', () => {
    const { payloadType, payload, signatures } = envelopeOf(statementOf());
    const [first] = signatures;
    const files = [
      encodeEnvelope({ payloadType, payload, signatures: [first!, { ...first!, keyid: 'other' }, first!] }),
    ];
    rejects({ files, keys: both, expect: { threshold: 2 } }, 'key.threshold');
    const again = parsePublicKey(BUILDER.publicKey.raw);
    assert.throws(
      () => evaluate({ files, keys: [BUILDER.publicKey, again], expect: { threshold: 2 } }),
      ExpectationError,
    );
    assert.equal(evaluate({ keys: [BUILDER.publicKey, again] }).verdict, 'accepted');
  });

  it('counts one signature for one key at most: an ECDSA signature fits two keys that can be computed from it', async () => {
    const { payloadType, payload } = envelopeOf(statementOf());
    const message = pae(payloadType, payload);
    const sig = p256.sign(message, new Uint8Array(32).fill(7));
    const keys = await Promise.all([0, 1].map((bit) => recoverKey(sig, message, bit)));
    for (const key of keys) assert.equal(verifySignature(key, message, sig), true);
    const files = [encodeEnvelope({ payloadType, payload, signatures: [{ sig }] })];
    assert.equal(evaluate({ files, keys }).verdict, 'accepted');
    rejects({ files, keys, expect: { threshold: 2 } }, 'key.threshold');
    for (const { keyid } of keys) {
      const hinted = [encodeEnvelope({ payloadType, payload, signatures: [{ sig, keyid }] })];
      assert.deepEqual(attestationOf(evaluate({ files: hinted, keys })).keyids, [keyid]);
    }
  });

  it('decides on the key that verified, never on a keyid (GHSA-3633-5h82-39pq)', () => {
    const { payloadType, payload } = envelopeOf(statementOf());
    const sign = (key: typeof BUILDER, keyid: string): { keyid: string; sig: Uint8Array } => ({
      keyid,
      sig: key.sign(pae(payloadType, payload)),
    });
    const [b, a] = [BUILDER.publicKey.keyid, AUDITOR.publicKey.keyid];
    const crossed = [sign(BUILDER, a), sign(AUDITOR, b)];
    assert.equal(
      evaluate({
        files: [encodeEnvelope({ payloadType, payload, signatures: crossed })],
        keys: both,
        expect: { threshold: 2 },
      }).verdict,
      'accepted',
    );
    const forged = [sign(STRANGER, a), sign(STRANGER, b)];
    rejects(
      { files: [encodeEnvelope({ payloadType, payload, signatures: forged })], keys: both },
      'signature',
      'key.threshold',
    );
  });

  it('refuses a threshold that disables verification (CVE-2026-23992)', () => {
    for (const threshold of [0, -1, NaN, 1.5, 3, Infinity, '1', null]) {
      const expect = { threshold: threshold as number };
      assert.throws(() => evaluate({ keys: both, expect }), ExpectationError, String(threshold));
    }
  });

  it('does not count a key whose signature failed (GHSA-2v4r-xhmm-ghv8)', () => {
    const { payloadType, payload, signatures } = envelopeOf(statementOf());
    const bad = { keyid: AUDITOR.publicKey.keyid, sig: signatures[0]!.sig.toReversed() };
    const files = [encodeEnvelope({ payloadType, payload, signatures: [bad, signatures[0]!] })];
    rejects({ files, keys: both, expect: { threshold: 2 } }, 'key.threshold');
    const report = evaluate({ files, keys: both });
    assert.equal(report.verdict, 'accepted');
    assert.deepEqual(attestationOf(report).keyids, [BUILDER.publicKey.keyid]);
  });

  it('tells an empty list from an absent one (GHSA-mpvw-hw8p-7x27)', () => {
    assert.throws(() => evaluate({ keys: [] }), ExpectationError);
    for (const field of ['builderId', 'sourceUri', 'buildType', 'predicateType']) {
      assert.throws(() => evaluate({ expect: { [field]: '' } }), ExpectationError);
    }
  });

  it('rejects S + L, 65 bytes, none and the identity as key', () => {
    const { payloadType, payload, signatures } = envelopeOf(statementOf());
    const { sig } = signatures[0]!;
    for (const bad of [plusOrder(sig), Uint8Array.from([...sig, 0]), sig.slice(0, 63), new Uint8Array(64)]) {
      const files = [encodeEnvelope({ payloadType, payload, signatures: [{ sig: bad }] })];
      rejects({ files }, 'signature', 'key.threshold');
    }
    const identity = new Uint8Array(32);
    identity[0] = 1;
    assert.throws(() => parsePublicKey(identity), { code: 'ERR_KEY_POINT' });
  });

  it('rejects a signature over the bare payload, and one over another payload', () => {
    const { payloadType, payload } = envelopeOf(statementOf());
    for (const message of [payload, pae('', payload), pae(payloadType, bytesOf('other'))]) {
      const files = [encodeEnvelope({ payloadType, payload, signatures: [{ sig: BUILDER.sign(message) }] })];
      rejects({ files }, 'signature', 'key.threshold');
    }
  });
});

/** One of the keys under which the signature verifies, for anybody to compute. */
async function recoverKey(signature: Uint8Array, message: Uint8Array, bit: number): Promise<PublicKey> {
  const hashed = createHash('sha256').update(message).digest();
  const point = p256.Signature.fromBytes(signature).addRecoveryBit(bit).recoverPublicKey(hashed);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const key = await crypto.subtle.importKey('raw', new Uint8Array(point.toBytes(false)), algorithm, true, [
    'verify',
  ]);
  return parsePublicKey(new Uint8Array(await crypto.subtle.exportKey('spki', key)));
}

/** The same signature with S + L, which a lax verifier takes as well. */
function plusOrder(signature: Uint8Array): Uint8Array {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order;
  const bytes = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
  return Uint8Array.from([...signature.subarray(0, 32), ...bytes]);
}

describe('policies that fail open', () => {
  it('refuses an expectation that it does not know instead of dropping it (CVE-2026-48815, CVE-2025-29778)', () => {
    for (const field of ['certificateOIDs', 'builderID', 'subjectRegExp', 'source']) {
      assert.throws(() => evaluate({ expect: { [field]: 'x' } }), ExpectationError);
    }
  });

  it('compares whole values: no prefix, no pattern', () => {
    for (const sourceUri of [
      SOURCE_URI.slice(0, -1),
      `${SOURCE_URI}.*`,
      `^${SOURCE_URI}$`,
      `${SOURCE_URI}-evil`,
      'git+https://git.example.com/shop/*',
    ]) {
      rejects({ expect: { sourceUri } }, 'source.uri');
    }
    const evil = predicateOf({ run: { builder: { id: `${BUILDER_ID}-evil` } } });
    rejects(
      { files: [signed(statementOf({ predicate: evil }))], expect: { builderId: BUILDER_ID } },
      'builder.id',
    );
  });

  it('never passes with no evidence, no artifact and no key (GHSA-567m-4668-m656, GHSA-rgp5-33mp-jhfm)', () => {
    assert.equal(evaluate({ files: [] }).verdict, 'rejected');
    assert.equal(evaluate({ files: [], artifacts: 'provenance-only' }).verdict, 'rejected');
    assert.throws(() => evaluate({ artifacts: [] }), ExpectationError);
    assert.throws(() => evaluate({ keys: [] }), ExpectationError);
  });

  it('does not put two attestations together to one that passes (GHSA-vmvj-p3hw-39q3, GHSA-r4fv-8r9j-vgcg)', () => {
    const other = predicateOf({ run: { builder: { id: 'https://other.example.com' } } });
    const files = [
      signed(statementOf({ subject: [LIB] })),
      signed(statementOf({ predicate: other })),
      signed(statementOf(), { keys: [STRANGER] }),
    ];
    assert.equal(evaluate({ files, expect: { builderId: BUILDER_ID } }).verdict, 'rejected');
  });

  it('rejects an empty signature, and an envelope without one (CVE-2025-62375)', () => {
    const envelope = envelopeJsonOf();
    rejects({ files: [bytesOf({ ...envelope, signatures: [] })] }, 'envelope.format');
    for (const sig of ['', 'AA==']) {
      assert.equal(
        evaluate({ files: [bytesOf({ ...envelope, signatures: [{ sig }] })] }).verdict,
        'rejected',
      );
    }
  });

  it('rejects signed JSON that two readers could read in two ways', () => {
    const text = JSON.stringify(statementOf());
    const twice = text.replace(
      '"predicateType":',
      '"predicateType":"https://spdx.dev/Document","predicateType":',
    );
    const big = text.replace('"retries":3', '"retries":9007199254740993');
    const half = text.replace('1.2.0', String.raw`\ud800`);
    const deep = text.replace('"retries":3', `"retries":${'['.repeat(70)}${']'.repeat(70)}`);
    for (const payload of [twice, big, half, deep, `\ufeff${text}`, `${text}{}`]) {
      rejects({ files: [signed(payload)] }, 'statement.format');
    }
    const latin = Buffer.from(text.replace('1.2.0', '\u00e9'), 'latin1');
    rejects({ files: [signed(new Uint8Array(latin))] }, 'statement.format');
  });

  it('takes __proto__ in evidence for a name like any other', () => {
    const parameters = JSON.parse('{"__proto__":{"version":"1.2.0"},"retries":3}') as JsonObject;
    const text = JSON.stringify(predicateOf({ definition: { externalParameters: { parameters } } }));
    const files = [signed(JSON.stringify(statementOf()).replace(JSON.stringify(predicateOf()), text))];
    assert.equal(evaluate({ files }).verdict, 'accepted');
    rejects({ files, expect: { parameters: { version: '1.2.0' } } }, 'parameters');
    assert.equal(({} as { version?: string }).version, undefined);
  });

  it('believes nothing that the signature does not cover', () => {
    const envelope = {
      ...envelopeJsonOf(statementOf(), { keys: [STRANGER] }),
      verified: true,
      builderId: BUILDER_ID,
    };
    const { builderId, keyids } = attestationOf(evaluate({ files: [bytesOf(envelope)] }));
    assert.deepEqual({ builderId, keyids }, { builderId: null, keyids: [] });
  });
});
