import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { type PublicKey, parsePublicKey } from '@danube/keys';
import { LibsodiumSignatures, type Libsodium } from '@danube/verifier/libsodium';
import {
  type EvidenceFile,
  type SignatureProofs,
  evaluateProvenance,
  loadEvidence,
} from '../../src/index.ts';
import { AUDITOR, BUILDER, NOW, STRANGER, artifactOf, signed, statementOf } from '../fixture.ts';

const sodium: Libsodium = createRequire(import.meta.url)('sodium-native');
const KEYS = [BUILDER.publicKey, AUDITOR.publicKey];

/** Signed by one, by two, by nobody that is trusted, with a keyid, none or another's, twice by one key, and broken. */
const ARTIFACTS = Array.from({ length: 60 }, (_, number) => artifactOf(`part-${number}`));
const FILES = ARTIFACTS.map((artifact, number): EvidenceFile => {
  const [keys = []] = [
    [[BUILDER], [AUDITOR], [STRANGER], [BUILDER, AUDITOR], [BUILDER, BUILDER]][number % 5],
  ];
  const keyid = [undefined, '', AUDITOR.publicKey.keyid, 'nobody'][number % 4];
  const bytes = signed(statementOf({ subject: [artifact] }), { keys, ...(keyid !== undefined && { keyid }) });
  return { path: `${number}.json`, bytes: number % 19 === 0 ? bytes.subarray(1) : bytes };
});

function judge(threshold: number, signatures?: SignatureProofs): ReturnType<typeof evaluateProvenance> {
  return evaluateProvenance({
    evidence: loadEvidence(FILES),
    artifacts: ARTIFACTS,
    expectations: { publicKeys: KEYS, threshold },
    now: NOW,
    ...(signatures !== undefined && { signatures }),
  });
}

function counting(answer: (...given: Parameters<Libsodium['crypto_sign_verify_detached']>) => boolean): {
  readonly libsodium: Libsodium;
  readonly verdicts: boolean[];
} {
  const verdicts: boolean[] = [];
  const crypto_sign_verify_detached: Libsodium['crypto_sign_verify_detached'] = (...given) => {
    const verdict = answer(...given);
    verdicts.push(verdict);
    return verdict;
  };
  return { libsodium: { crypto_sign_verify_detached }, verdicts };
}

describe('signatures verified by libsodium', () => {
  it('give the same report', () => {
    for (const threshold of [1, 2]) {
      const { libsodium, verdicts } = counting((...given) => sodium.crypto_sign_verify_detached(...given));
      assert.deepEqual(judge(threshold, new LibsodiumSignatures(libsodium, KEYS)), judge(threshold));
      assert.ok(verdicts.includes(true) && verdicts.includes(false));
    }
  });

  it('are left to the engine when libsodium says no', () => {
    const { libsodium, verdicts } = counting(() => false);
    assert.deepEqual(judge(1, new LibsodiumSignatures(libsodium, KEYS)), judge(1));
    assert.ok(verdicts.length > 0);
  });

  it('are not believed to be good for anything but true', () => {
    const nobody = loadEvidence([{ path: 'a', bytes: signed(statementOf(), { keys: [STRANGER] }) }]).items[0];
    assert.ok(nobody);
    for (const answer of [1, 'yes', {}, Promise.resolve(false)]) {
      const libsodium = { crypto_sign_verify_detached: () => answer } as unknown as Libsodium;
      assert.equal(new LibsodiumSignatures(libsodium, KEYS).keyOf(nobody, 0), undefined, typeof answer);
    }
  });

  it('are verified with the keys that were given, whatever becomes of their bytes afterwards', () => {
    const bytes = BUILDER.publicKey.raw.slice();
    const key = parsePublicKey(bytes);
    const { libsodium } = counting((...given) => sodium.crypto_sign_verify_detached(...given));
    const signatures = new LibsodiumSignatures(libsodium, [key]);
    key.raw.fill(0);
    const [item] = loadEvidence([{ path: 'a', bytes: signed() }]).items;
    assert.ok(item);
    assert.equal(signatures.keyOf(item, 0), key);
  });

  it('are tried with the other keys where a keyid names the wrong one, with each key once', () => {
    const { libsodium, verdicts } = counting((...given) => sodium.crypto_sign_verify_detached(...given));
    const bytes = signed(statementOf(), { keyid: AUDITOR.publicKey.keyid });
    const [item] = loadEvidence([{ path: 'a', bytes }]).items;
    assert.ok(item);
    const signatures = new LibsodiumSignatures(libsodium, [AUDITOR.publicKey, BUILDER.publicKey]);
    assert.equal(signatures.keyOf(item, 0), BUILDER.publicKey);
    assert.deepEqual(verdicts, [false, true]);
  });

  it('know nothing of a signature that is not there, and need no Ed25519 key', () => {
    const [item] = loadEvidence([{ path: 'a', bytes: signed() }]).items;
    assert.ok(item);
    assert.equal(new LibsodiumSignatures(sodium, KEYS).keyOf(item, 1), undefined);
    assert.equal(new LibsodiumSignatures(sodium, []).keyOf(item, 0), undefined);
  });

  it('take no other library, and no key that only looks like one', () => {
    const { algorithm, keyid, spki, raw } = STRANGER.publicKey;
    const lookalike: PublicKey = { algorithm, keyid, spki, raw };
    assert.throws(() => new LibsodiumSignatures(sodium, [lookalike]), TypeError);
    // @ts-expect-error -- what a program without types may do
    assert.throws(() => new LibsodiumSignatures({}, KEYS), TypeError);
  });
});
