import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { parsePublicKey, type PublicKey } from '@danube/keys';
import {
  PAYLOAD_TYPE,
  encodeEnvelope,
  encodeSigstoreBundle,
  pae,
  publicKeyBundle,
} from 'in-toto-attestation';
import type { Report } from '@danube/verifier';
import {
  AUDITOR,
  BUILDER,
  STRANGER,
  attestationOf,
  bytesOf,
  check,
  checkOf,
  envelopeJsonOf,
  envelopeOf,
  evaluate,
  failures,
  signed,
  statementOf,
} from './fixture.ts';
import type { Context } from '../src/context.ts';
import { keyDelegation } from '../src/signature-checks.ts';

const later = [
  'signature',
  'key.threshold',
  'statement.format',
  'subject.digest',
  'predicate.type',
  'predicate.format',
] as const;

describe('envelope.format', () => {
  it('passes for a DSSE envelope', () => {
    const { status, actual, pointer } = check('envelope.format');
    assert.deepEqual(
      { status, actual, pointer },
      { status: 'pass', actual: PAYLOAD_TYPE, pointer: '/payloadType' },
    );
  });

  it('passes for a Sigstore bundle', () => {
    const bundle = publicKeyBundle(envelopeOf(statementOf()), BUILDER.publicKey.keyid);
    const report = evaluate({ files: [encodeSigstoreBundle(bundle)] });
    assert.equal(report.verdict, 'accepted');
  });

  it('passes for the payload type of a predicate', () => {
    const payloadType = 'application/vnd.in-toto.provenance+json';
    assert.equal(evaluate({ files: [signed(statementOf(), { payloadType })] }).verdict, 'accepted');
  });

  for (const [what, bytes, pointer] of [
    ['text', bytesOf('not an envelope'), ''],
    ['an empty file', new Uint8Array(), ''],
    ['an unsigned statement', bytesOf(statementOf()), ''],
    ['no signature', bytesOf({ ...envelopeJsonOf(), signatures: [] }), '/signatures'],
    ['a payload that is not base64', bytesOf({ ...envelopeJsonOf(), payload: '*' }), '/payload'],
  ] as const) {
    it(`fails for ${what}, with the place, and no later check is made`, () => {
      const report = evaluate({ files: [bytes] });
      assert.equal(report.verdict, 'rejected');
      assert.deepEqual(failures(report), ['envelope.format']);
      const { checks, builderId, keyids, statement } = attestationOf(report);
      const format = checks.find(({ id }) => id === 'envelope.format');
      assert.match(format?.actual ?? '', /^ERR_/);
      assert.equal(format?.pointer, pointer);
      assert.deepEqual({ builderId, keyids, statement }, { builderId: null, keyids: [], statement: null });
      for (const id of later) {
        const { status, actual } = checkOf(report, id);
        assert.deepEqual({ status, actual }, { status: 'not-run', actual: 'the envelope could not be read' });
      }
    });
  }

  for (const payloadType of ['text/plain', 'application/json', 'application/vnd.in-toto+json ', '']) {
    it(`fails for the payload type "${payloadType}", however well signed`, () => {
      const report = evaluate({ files: [bytesOf(envelopeJsonOf(statementOf(), { payloadType }))] });
      assert.equal(report.verdict, 'rejected');
      assert.deepEqual(failures(report), ['envelope.format']);
      assert.equal(attestationOf(report).builderId, null);
    });
  }
});

describe('signature', () => {
  it('passes for one of several keys, and the report names that key', () => {
    const report = evaluate({ keys: [AUDITOR.publicKey, BUILDER.publicKey] });
    assert.equal(report.verdict, 'accepted');
    assert.deepEqual(attestationOf(report).keyids, [BUILDER.publicKey.keyid]);
  });

  it('passes whatever the keyid says', () => {
    for (const keyid of ['', 'anything', AUDITOR.publicKey.keyid, 'SHA256:']) {
      const files = [signed(statementOf(), { keyid })];
      const report = evaluate({ files, keys: [AUDITOR.publicKey, BUILDER.publicKey] });
      assert.equal(report.verdict, 'accepted', keyid);
      assert.deepEqual(attestationOf(report).keyids, [BUILDER.publicKey.keyid]);
    }
  });

  it('fails for another key that claims the keyid, and does not repeat the claim as a fact', () => {
    const files = [signed(statementOf(), { keys: [STRANGER], keyid: BUILDER.publicKey.keyid })];
    const report = evaluate({ files });
    assert.equal(report.verdict, 'rejected');
    assert.deepEqual(failures(report), ['signature', 'key.threshold']);
    const { keyids, builderId, statement } = attestationOf(report);
    assert.deepEqual({ keyids, builderId, statement }, { keyids: [], builderId: null, statement: null });
  });

  it('leaves every statement check unmade when it fails, with the reason', () => {
    const expect = {
      builderId: 'https://ci.example.com/danube',
      maxAgeSeconds: 5,
      parameters: { version: '1.2.0' },
    };
    for (const id of [...later.slice(2), 'builder.id', 'parameters', 'time.age'] as const) {
      const { status, actual, pointer } = check(id, { keys: [STRANGER.publicKey], expect });
      assert.deepEqual(
        { status, actual, pointer },
        { status: 'not-run', actual: 'the signature did not verify', pointer: null },
      );
    }
  });

  it('lists the claimed keyids of a failed one, at most four', () => {
    const keys = Array.from({ length: 6 }, () => STRANGER);
    const { actual } = check('signature', { files: [signed(statementOf(), { keys, keyid: 'mine' })] });
    assert.equal(
      actual,
      'none of 6 signature(s) verified; they claim to be by mine, mine, mine, mine, and 2 more',
    );
  });

  it('is not run without an envelope', () => {
    assert.equal(check('signature', { files: [] }).status, 'not-run');
  });

  it('is over the bytes as they are: white space in the payload is kept', () => {
    const payload = `\n ${JSON.stringify(statementOf(), null, 3)}\t\n`;
    assert.equal(evaluate({ files: [signed(payload)] }).verdict, 'accepted');
  });
});

describe('keyids and algorithms that do not fit (keys.md 13)', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const p256 = parsePublicKey(pair.publicKey.export({ type: 'spki', format: 'der' }));
  const { payloadType, payload, signatures } = envelopeOf(statementOf());
  const own = { keyid: p256.keyid, sig: sign('sha256', pae(payloadType, payload), pair.privateKey) };
  const verdictOf = (
    signed: readonly { readonly keyid?: string; readonly sig: Uint8Array }[],
    keys: readonly PublicKey[],
    threshold = 1,
  ): Report =>
    evaluate({
      files: [encodeEnvelope({ payloadType, payload, signatures: signed })],
      keys,
      expect: { threshold },
    });

  it('an Ed25519 signature under the keyid of a P-256 key is never that key’s, nor the other way round', () => {
    const ed = { ...signatures[0]!, keyid: p256.keyid };
    const ec = { ...own, keyid: BUILDER.publicKey.keyid };
    assert.deepEqual(failures(verdictOf([ed], [p256])), ['signature', 'key.threshold']);
    assert.deepEqual(failures(verdictOf([ec], [BUILDER.publicKey])), ['signature', 'key.threshold']);
    for (const [signature, key] of [
      [ed, BUILDER.publicKey],
      [ec, p256],
    ] as const) {
      const report = verdictOf([signature], [p256, BUILDER.publicKey]);
      assert.deepEqual([report.verdict, attestationOf(report).keyids], ['accepted', [key.keyid]]);
    }
  });

  it('two keys that sign under one keyid are two keys, and are told apart by their signatures', () => {
    const collision = [
      { ...signatures[0]!, keyid: 'same' },
      { ...own, keyid: 'same' },
    ];
    const both = verdictOf(collision, [p256, BUILDER.publicKey], 2);
    assert.equal(both.verdict, 'accepted');
    assert.deepEqual(attestationOf(both).keyids.toSorted(), [p256.keyid, BUILDER.publicKey.keyid].toSorted());
    const stranger = verdictOf(collision, [AUDITOR.publicKey, BUILDER.publicKey], 2);
    assert.deepEqual(failures(stranger), ['key.threshold']);
  });
});

describe('key.threshold', () => {
  const both = { keys: [BUILDER.publicKey, AUDITOR.publicKey], expect: { threshold: 2 } };

  it('passes when that many different keys signed, in any order', () => {
    for (const keys of [
      [BUILDER, AUDITOR],
      [AUDITOR, BUILDER],
      [AUDITOR, STRANGER, BUILDER],
    ]) {
      const report = evaluate({ ...both, files: [signed(statementOf(), { keys })] });
      assert.equal(report.verdict, 'accepted');
      assert.equal(attestationOf(report).keyids.length, 2);
    }
  });

  it('fails for one of two, keeps the key that verified, and believes nothing yet', () => {
    const report = evaluate(both);
    assert.deepEqual(failures(report), ['key.threshold']);
    const { keyids, builderId, statement } = attestationOf(report);
    assert.deepEqual(
      { keyids, builderId, statement },
      { keyids: [BUILDER.publicKey.keyid], builderId: null, statement: null },
    );
    const { expected, actual, pointer } = check('key.threshold', both);
    assert.deepEqual(
      { expected, actual, pointer },
      { expected: '2 of 2 distinct key(s)', actual: '1', pointer: '/signatures' },
    );
    assert.equal(check('statement.format', both).actual, 'too few of the keys signed');
  });

  it('is not run without an envelope', () => {
    assert.equal(check('key.threshold', { files: [bytesOf('no')] }).status, 'not-run');
  });

  it('counts one key once, however often and under whatever keyid it signed', () => {
    const { payloadType, payload, signatures } = envelopeOf(statementOf());
    const [signature] = signatures;
    const twice = encodeEnvelope({
      payloadType,
      payload,
      signatures: [signature!, signature!, { ...signature!, keyid: AUDITOR.publicKey.keyid }],
    });
    assert.deepEqual(failures(evaluate({ ...both, files: [twice] })), ['key.threshold']);
  });
});

describe('what a signature check says', () => {
  const KEYS = [BUILDER, AUDITOR, STRANGER].map(({ publicKey }) => publicKey);
  const ids = KEYS.map(({ keyid }) => keyid);

  it('names one key, or one of several', () => {
    assert.equal(check('signature').expected, `a signature by ${ids[0]}`);
    assert.equal(
      check('signature', { keys: KEYS.slice(0, 2) }).expected,
      `a signature by one of ${ids[0]}, ${ids[1]}`,
    );
  });

  it('lists no more than four key ids that a file claims', () => {
    const signature = { keyid: 'a', sig: Buffer.alloc(64, 1).toString('base64') };
    for (const [count, more] of [
      [4, 'a, a, a, a'],
      [5, 'a, a, a, a, and 1 more'],
    ] as const) {
      const signatures = Array.from({ length: count }, () => signature);
      const files = [bytesOf({ ...envelopeJsonOf(statementOf()), signatures })];
      assert.equal(
        check('signature', { files }).actual,
        `none of ${count} signature(s) verified; they claim to be by ${more}`,
      );
    }
  });
});

describe('key.delegation', () => {
  it('tells who proves when the delegated key signed, or that it is judged now', () => {
    const [notBefore, notAfter] = [new Date('2026-01-02T12:00:00Z'), new Date('2026-01-02T12:10:00Z')];
    const delegation = { publicKey: AUDITOR.publicKey, issuer: BUILDER.publicKey, notBefore, notAfter };
    const told = (by: string | undefined): string | null | undefined =>
      keyDelegation({
        opened: { envelope: { reached: true }, delegated: { delegation, at: notBefore, by } },
      } as Context).actual;
    const window = `${AUDITOR.publicKey.keyid} in place of ${BUILDER.publicKey.keyid} from ${notBefore.toISOString()} to ${notAfter.toISOString()}`;
    assert.equal(told('an authority'), `${window}; signed by ${notBefore.toISOString()}, says an authority`);
    assert.equal(told(undefined), `${window}; judged on ${notBefore.toISOString()}`);
  });
});
