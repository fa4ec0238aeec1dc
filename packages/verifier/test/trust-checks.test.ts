import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Context } from '../src/context.ts';
import { readExpectations } from '../src/expectations.ts';
import {
  loadEvidence,
  type CertificateProof,
  type Check,
  type CheckId,
  type EvidenceItem,
  type Expectations,
  type ProvenTime,
  type TrustedBuilder,
  type TrustedKey,
  type TrustRoot,
} from '../src/index.ts';
import { openAttestation, type Opened } from '../src/opening.ts';
import { runSteps } from '../src/steps.ts';
import { countVerifierKeys, isVouchedFor, vouchedLevel } from '../src/trust-checks.ts';
import {
  AUDITOR,
  BUILDER,
  BUILDER_ID,
  NOW,
  SOURCE_URI,
  STRANGER,
  signed,
  statementOf,
  type Signing,
} from './fixture.ts';

const IDENTITY = {
  sigstore: 'public',
  identity: 'https://ci.example.com/w',
  issuer: 'https://i.example.com',
};
const OTHER_IDENTITY = { ...IDENTITY, identity: 'https://ci.example.com/x' };
const EARLIER = new Date('2026-01-02T11:00:00Z');
const SIGNER = {
  ...IDENTITY,
  sigstore: ['public'],
  claims: {},
  fingerprint: 'sha256:00',
  times: [{ by: 'a log', time: EARLIER }],
  logEntries: 1,
  notBefore: EARLIER,
  notAfter: EARLIER,
};

interface Situation {
  readonly root?: Partial<TrustRoot> | 'none' | 'refused';
  readonly builder?: Partial<TrustedBuilder>;
  /** What is said of each key in the root. */
  readonly keys?: readonly Partial<TrustedKey>[];
  readonly payload?: Parameters<typeof signed>[0];
  readonly signing?: Signing;
  readonly proof?: CertificateProof;
  readonly times?: readonly ProvenTime[];
  readonly now?: Date;
}

/** An attestation, and everything that the checks may look at. */
function situationOf({
  root = {},
  builder,
  keys = [],
  payload,
  signing,
  proof,
  times,
  now = NOW,
}: Situation = {}): Context {
  const whole: TrustRoot = {
    version: 1,
    expires: new Date('2027-01-01'),
    keys: [BUILDER, AUDITOR].map(({ publicKey }, index) => ({
      publicKey,
      notBefore: new Date('2026-01-01'),
      notAfter: new Date('2027-01-01'),
      ...keys[index],
    })),
    builders: [
      {
        id: BUILDER_ID,
        keys: [BUILDER, AUDITOR].map(({ publicKey }) => publicKey),
        threshold: 1,
        maxLevel: 2,
        ...builder,
      },
    ],
    sigstore: [{ name: 'public', trustedRoot: {} }],
    ...(typeof root === 'object' ? root : {}),
  };
  const expectations: Expectations =
    root === 'none'
      ? { publicKeys: [BUILDER.publicKey, AUDITOR.publicKey] }
      : {
          publicKeys: [],
          trustRoot: root === 'refused' ? { reason: 'no' } : { root: whole, by: 'the test' },
        };
  const expected = readExpectations(expectations);
  const evidence = loadEvidence([{ path: 'a', bytes: signed(payload, signing) }]);
  const [item] = evidence.items as readonly [EvidenceItem];
  const open = (): Opened =>
    openAttestation(item, expected, now, proof, times === undefined ? undefined : { times, problems: [] });
  return { opened: open(), found: { kind: 'alone' }, expected, now, evidence, open };
}

function check(id: CheckId, situation: Situation): Check {
  const { checks } = runSteps(situationOf(situation), []);
  return checks.find((made) => made.id === id)!;
}

const status = (id: CheckId, situation: Situation): string => check(id, situation).status;

describe('trust.root', () => {
  it('is good until the moment of its expiry, which is included', () => {
    const expires = new Date('2026-06-01T00:00:00Z');
    const root = { expires };
    assert.equal(status('trust.root', { root, now: expires }), 'pass');
    assert.equal(status('trust.root', { root, now: new Date(expires.getTime() + 1) }), 'fail');
  });
});

describe('the moment at which keys are judged', () => {
  it('is told with who proves it, or as that of the verification', () => {
    const proven = { times: [{ by: 'an authority', time: EARLIER }] };
    const told = `${EARLIER.toISOString()}, when it was signed (an authority)`;
    assert.equal(check('key.validity', proven).expected, `keys that are valid on ${told}`);
    assert.equal(check('key.revoked', proven).expected, `keys that are not revoked on ${told}`);
    assert.equal(check('key.validity', {}).expected, `keys that are valid on ${NOW.toISOString()}`);
  });
});

describe('key.validity and key.revoked', () => {
  const both = { signing: { keys: [BUILDER, AUDITOR] } };
  const bad: readonly (readonly [CheckId, Partial<TrustedKey>])[] = [
    ['key.validity', { notAfter: new Date('2026-01-01T12:00:00Z') }],
    ['key.revoked', { revoked: { since: new Date('2026-01-01T12:00:00Z'), reason: 'lost' } }],
  ];

  for (const [id, change] of bad) {
    it(`${id}: a key that does not count spoils nothing while the others are as many as are needed`, () => {
      const { status: found, actual } = check(id, { ...both, keys: [{}, change] });
      assert.deepEqual([found, actual], ['pass', '1 of 2']);
      assert.equal(status(id, { ...both, keys: [{}, change], builder: { threshold: 2 } }), 'fail');
      assert.equal(status(id, { keys: [change] }), 'fail');
    });

    it(`${id}: certificates are judged when they are proven, and are one signer together`, () => {
      const certified = {
        signing: { keys: [BUILDER] },
        proof: { signer: SIGNER },
        builder: { certificates: [OTHER_IDENTITY, IDENTITY] },
      };
      const told = 'a certificate, which was valid when it signed';
      assert.deepEqual(
        [status(id, { ...certified, keys: [change] }), check(id, certified).actual],
        ['pass', told],
      );
    });
  }

  it('count no certificate that is not of the trust root, though nobody knows the builder', () => {
    const proof = { signer: { ...SIGNER, identity: 'https://ci.example.com/y' } };
    const builders = [
      {
        id: 'https://other.example.com',
        keys: [BUILDER.publicKey],
        threshold: 1,
        maxLevel: 1,
        certificates: [IDENTITY],
      },
    ];
    assert.equal(check('key.validity', { proof, root: { builders } }).actual, '1 of 1');
    assert.equal(
      check('key.validity', { proof: { signer: SIGNER }, root: { builders } }).actual,
      'a certificate, which was valid when it signed',
    );
  });
});

describe('time.proof', () => {
  it('is the earliest time of a certificate that counts', () => {
    const situation = {
      root: { timestampAuthorities: [AUTHORITY] },
      builder: { certificates: [IDENTITY] },
      proof: { signer: SIGNER },
    };
    const { status: found, actual } = check('time.proof', situation);
    assert.deepEqual([found, actual], ['pass', `signed by ${EARLIER.toISOString()}, says a log`]);
    const other = { ...situation, proof: { signer: { ...SIGNER, identity: 'https://ci.example.com/y' } } };
    assert.equal(status('time.proof', other), 'warn');
  });
});

const AUTHORITY = {
  name: 'an authority',
  certificates: [new Uint8Array(1)],
  notBefore: new Date('2026-01-01'),
  notAfter: new Date('2027-01-01'),
};

describe('isVouchedFor', () => {
  const sbom = { payload: statementOf({ predicateType: 'https://spdx.dev/Document', predicate: {} }) };
  const vouched = (other: Situation, build: Situation = {}): boolean =>
    isVouchedFor(situationOf({ ...sbom, ...other }).opened, situationOf(build));

  it('is what the builder of the trust root signed, as many times as it has to', () => {
    assert.equal(vouched({}), true);
    assert.equal(vouched({ signing: { keys: [STRANGER] } }), false);
    assert.equal(vouched({}, { builder: { threshold: 2 } }), false);
    assert.equal(vouched({ signing: { keys: [BUILDER, AUDITOR] } }, { builder: { threshold: 2 } }), true);
    assert.equal(
      vouched({ signing: { keys: [AUDITOR] } }, { builder: { keys: [BUILDER.publicKey] } }),
      false,
    );
  });

  it('is what any of the caller’s keys signed, without a trust root', () => {
    assert.equal(vouched({ root: 'none' }, { root: 'none' }), true);
    assert.equal(vouched({ root: 'none', signing: { keys: [STRANGER] } }, { root: 'none' }), false);
  });

  it('is nothing by a trust root that cannot be trusted, for an unknown builder, or for what is no build', () => {
    assert.equal(vouched({}, { root: 'refused' }), false);
    assert.equal(vouched({}, sbom), false);
    assert.equal(
      vouched(
        {},
        { root: { builders: [{ id: 'x', keys: [BUILDER.publicKey], threshold: 1, maxLevel: 1 }] } },
      ),
      false,
    );
  });

  it('is what a certificate of the builder signed, when it is proven when it did', () => {
    const builder = { certificates: [IDENTITY], threshold: 2 };
    const by = (signer: typeof SIGNER): boolean => vouched({ proof: { signer }, builder }, { builder });
    assert.equal(by(SIGNER), true);
    assert.equal(by({ ...SIGNER, times: [] }), false);
    assert.equal(by({ ...SIGNER, sigstore: ['staging'] }), false);
    const single = { certificates: [IDENTITY] };
    const untimed = { proof: { signer: { ...SIGNER, times: [] } }, builder: single };
    assert.equal(vouched(untimed, { builder: single }), false);
  });

  it('is judged at the time that is proven for the other attestation', () => {
    const keys = [{ notAfter: new Date('2026-01-02T12:00:00Z') }];
    assert.equal(vouched({}, { keys }), false);
    assert.equal(vouched({ times: [{ by: 'an authority', time: EARLIER }] }, { keys }), true);
  });
});

describe('countVerifierKeys', () => {
  const verifier = { id: 'https://v.example.com', keys: [BUILDER.publicKey], threshold: 1 };

  it('counts the keys of the verifier, and none without a trust root or for what is not believed', () => {
    assert.equal(countVerifierKeys(situationOf(), verifier), 1);
    assert.equal(countVerifierKeys(situationOf(), { ...verifier, keys: [AUDITOR.publicKey] }), 0);
    assert.equal(countVerifierKeys(situationOf({ root: 'none' }), verifier), 0);
    assert.equal(countVerifierKeys(situationOf({ root: 'refused' }), verifier), 0);
    const context = situationOf();
    const payload = { reached: false, reason: 'too few' } as const;
    assert.equal(countVerifierKeys({ ...context, opened: { ...context.opened, payload } }, verifier), 0);
  });
});

describe('the sources of a builder', () => {
  const level = (sources: readonly string[]): string => status('build.level', { builder: { sources } });

  it('are alternatives: one of them is enough, and there must be one', () => {
    assert.equal(level([SOURCE_URI]), 'pass');
    assert.equal(level(['https://other.example.com/*', SOURCE_URI]), 'pass');
    assert.equal(level(['https://other.example.com/*', 'https://another.example.com/*']), 'fail');
  });
});

describe('vouchedLevel', () => {
  it('is the builder’s, and nothing when the trust root does not vouch', () => {
    assert.equal(vouchedLevel(situationOf()), 2);
    assert.equal(vouchedLevel(situationOf({ builder: { threshold: 2 } })), undefined);
    assert.equal(vouchedLevel(situationOf({ root: 'refused' })), undefined);
    assert.equal(vouchedLevel(situationOf({ root: 'none' })), undefined);
  });
});
