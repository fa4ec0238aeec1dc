import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePublicKeyPem } from '@danube/keys';
import {
  addBuilder,
  addKey,
  addSigstore,
  addVerifier,
  DocumentError,
  revokeKey,
  rotateKey,
  type TrustedKeyEntry,
  type TrustRootDocument,
} from '../../src/documents/index.ts';
import { AUDITOR, BUILDER, STRANGER, keyOfSeed } from '../fixture.ts';

const [FROM, UNTIL] = ['2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'];
const entry = (name: string, key: typeof BUILDER): TrustedKeyEntry => ({
  name,
  publicKey: encodePublicKeyPem(key.publicKey),
  notBefore: FROM,
  notAfter: UNTIL,
});
const [OLD, OTHER, NEW] = [entry('old', BUILDER), entry('other', AUDITOR), entry('new', STRANGER)];
const NEWEST = entry('newest', await keyOfSeed(4));
const [CI, LAB, VERIFIER] = ['https://ci.example.com', 'https://lab.example.com', 'https://v.example.com'];
const DOCUMENT: TrustRootDocument = {
  apiVersion: 'danube.dev/v1',
  kind: 'TrustRoot',
  version: 4,
  expires: UNTIL,
  keys: [OLD, OTHER],
  builders: [
    { id: CI, keys: ['old', 'other'], threshold: 2, maxLevel: 2 },
    { id: LAB, keys: ['other'], threshold: 1, maxLevel: 1 },
  ],
  verifiers: [{ id: VERIFIER, keys: ['old'], threshold: 1 }],
};

function refuses(change: () => unknown, message: RegExp): void {
  assert.throws(
    change,
    (error) =>
      error instanceof DocumentError && error.code === 'ERR_TRUST_ROOT' && message.test(error.message),
  );
}

/** Whose keys are which. */
const signers = ({ builders = [], verifiers = [] }: TrustRootDocument): unknown[] =>
  [...builders, ...verifiers].map(({ keys }) => keys);

describe('addKey', () => {
  it('adds it where it is to sign, in the next version', () => {
    const { document, means } = addKey(DOCUMENT, NEW, [CI, VERIFIER]);
    assert.equal(document.version, 5);
    assert.deepEqual(signers(document), [['old', 'other', 'new'], ['other'], ['old', 'new']]);
    assert.deepEqual(means, [
      `new signs for ${CI}, ${VERIFIER} from ${FROM} to ${UNTIL}`,
      `${CI} needs 2 different signers: no other key of it may be of the same owner`,
      'what is accepted now stays accepted',
    ]);
    assert.deepEqual(signers(addKey(DOCUMENT, NEW, [LAB]).document), [
      ['old', 'other'],
      ['other', 'new'],
      ['old'],
    ]);
    assert.equal(addKey(DOCUMENT, NEW, [LAB]).means.length, 2);
  });

  it('may sign for nobody yet, and says so', () => {
    const { document, means } = addKey(DOCUMENT, NEW, []);
    assert.deepEqual(signers(document), signers(DOCUMENT));
    assert.match(means[0] ?? '', /^new signs for nobody yet/);
  });

  it('is refused for whom nobody knows, and for a key that is there', () => {
    refuses(() => addKey(DOCUMENT, NEW, [CI, 'https://x.example.com']), /no builder or verifier https:\/\/x/);
    refuses(() => addKey(DOCUMENT, { ...OLD, name: 'twice' }, []), /twice/);
  });

  it('works without builders, without verifiers', () => {
    const { builders: _, ...verifiers } = { ...DOCUMENT };
    assert.deepEqual(signers(addKey(verifiers, NEW, [VERIFIER]).document), [['old', 'new']]);
    const { verifiers: __, ...builders } = { ...DOCUMENT };
    assert.deepEqual(signers(addKey(builders, NEW, [LAB]).document), [
      ['old', 'other'],
      ['other', 'new'],
    ]);
  });
});

describe('rotateKey', () => {
  const until = '2026-06-01T00:00:00Z';

  it('puts the new key beside the old one, which ends', () => {
    const { document, means } = rotateKey(DOCUMENT, 'old', NEW, until);
    assert.deepEqual(signers(document), [['old', 'other', 'new'], ['other'], ['old', 'new']]);
    assert.deepEqual(
      document.keys?.map(({ name, notAfter }) => [name, notAfter]),
      [
        ['old', until],
        ['other', UNTIL],
        ['new', UNTIL],
      ],
    );
    assert.deepEqual(means, [
      `new signs for ${CI}, ${VERIFIER} from ${FROM} to ${UNTIL}`,
      `old signs until ${until}: sign with new before that`,
      `everything that old signed is rejected after ${until}: the trust root names no timestamp authority, so nothing proves when it was signed`,
      `until then old and new count as two of the 2 signers of ${CI}, although both are of one owner`,
    ]);
  });

  it('may end at the very moment at which the key ends, and not later', () => {
    assert.equal(rotateKey(DOCUMENT, 'old', NEW, UNTIL).document.keys?.[0]?.notAfter, UNTIL);
    refuses(() => rotateKey(DOCUMENT, 'old', NEW, '2027-01-01T00:00:01Z'), /no key live longer/);
  });

  it('is refused for a key that is revoked, or that is not there', () => {
    const { document } = revokeKey(DOCUMENT, 'old', { since: until, reason: 'lost' });
    refuses(() => rotateKey(document, 'old', NEW, until), /is revoked/);
    refuses(() => rotateKey(DOCUMENT, 'nobody', NEW, until), /no key nobody/);
  });

  it('says when the old key signed for nobody', () => {
    const third = { ...entry('third', STRANGER), name: 'third' };
    const idle = addKey(DOCUMENT, third, []).document;
    const { document, means } = rotateKey(idle, 'third', { ...NEWEST, name: 'fourth' }, UNTIL);
    assert.deepEqual(signers(document), signers(DOCUMENT));
    assert.equal(means[0], `fourth signs for nobody yet from ${FROM} to ${UNTIL}`);
  });
});

describe('revokeKey', () => {
  const since = '2026-06-01T00:00:00Z';

  it('takes the trust from one key, and says who has too few left', () => {
    const { document, means } = revokeKey(DOCUMENT, 'old', { since, reason: 'lost' });
    assert.deepEqual(
      document.keys?.map(({ revoked }) => revoked),
      [{ since, reason: 'lost' }, undefined],
    );
    assert.deepEqual(means, [
      `nothing that old signed at or after ${since} is accepted any more`,
      'what it signed before is rejected as well: the trust root names no timestamp authority, so nothing proves when it was signed',
      `${CI} has 1 signers left that are not revoked, and needs 2: nothing new of it can be accepted until a key is added`,
      `${VERIFIER} has 0 signers left that are not revoked, and needs 1: nothing new of it can be accepted until a key is added`,
    ]);
  });

  it('counts the certificates of a builder as one signer that is left', () => {
    const certificates = [1, 2].map((n) => ({
      sigstore: 's',
      identity: `https://a/${n}`,
      issuer: 'https://i',
    }));
    const builders = [{ id: CI, keys: ['old'], certificates, threshold: 1, maxLevel: 1 }];
    const document = { ...DOCUMENT, builders, sigstore: [{ name: 's', trustedRoot: {} }] };
    const { means } = revokeKey(document, 'old', { since, reason: 'lost' });
    assert.equal(means[2], `${CI} has 1 signers left that are not revoked, and needs 1`);
  });

  it('may be moved to an earlier moment, and never taken back', () => {
    const { document } = revokeKey(DOCUMENT, 'old', { since, reason: 'lost' });
    const earlier = { since: '2026-05-31T23:59:59Z', reason: 'lost' };
    assert.equal(revokeKey(document, 'old', earlier).document.keys?.[0]?.revoked?.since, earlier.since);
    for (const later of [since, '2026-06-01T00:00:01Z'])
      refuses(() => revokeKey(document, 'old', { since: later, reason: 'no' }), /not taken back/);
  });
});

describe('with a timestamp authority', () => {
  // The chain is read elsewhere: what is said depends on whether there is one.
  it('signatures that are proven to be earlier stay acceptable', () => {
    const document = { ...DOCUMENT, timestampAuthorities: [] };
    const said = [
      revokeKey(document, 'old', { since: UNTIL, reason: 'lost' }).means[1],
      rotateKey(document, 'old', NEW, UNTIL).means[2],
    ];
    assert.deepEqual(said, [
      'what it signed before stays acceptable when a timestamp proves that; everything else of it is rejected',
      `what old signed stays acceptable when a timestamp proves that it was signed by then; what has none is rejected after ${UNTIL}`,
    ]);
  });
});

describe('addBuilder, addVerifier and addSigstore', () => {
  it('say what is believed from then on', () => {
    const builder = { id: 'https://new.example.com', keys: ['old'], threshold: 1, maxLevel: 3 };
    const first =
      'provenance of https://new.example.com is accepted up to SLSA Build L3 when 1 of old signed it, also what was signed before';
    assert.deepEqual(addBuilder(DOCUMENT, builder).means, [
      first,
      'it is trusted with any source',
      'it is trusted with any build type',
    ]);
    const narrow = { ...builder, sources: ['git+https://a/b'], buildTypes: ['t:1'] };
    assert.deepEqual(addBuilder(DOCUMENT, narrow).means.slice(1), [
      'it is trusted with git+https://a/b alone',
      'it is trusted with t:1 alone',
    ]);
    const verifier = { id: 'https://w.example.com', keys: ['other'], threshold: 1 };
    assert.deepEqual(signers(addVerifier(DOCUMENT, verifier).document).at(-1), ['other']);
    assert.match(addSigstore(DOCUMENT, { name: 's', trustedRoot: {} }).means[0] ?? '', /certificates of s;/);
  });
});
