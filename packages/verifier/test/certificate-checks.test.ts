import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CertificateProof, ExpectationError, type Expectations, loadEvidence } from '../src/index.ts';
import {
  APP,
  BUILDER,
  NOW,
  attestationOf,
  checkOf,
  evaluate,
  failures,
  signed,
  statementOf,
  predicateOf,
} from './fixture.ts';
import { trustRootOf } from './trust-root-fixture.ts';
import { judgeCertificate } from '../src/certificate.ts';
import { signsByCertificate } from '../src/certificate-checks.ts';
import type { Context } from '../src/context.ts';
import { evaluateProvenance } from '../src/index.ts';

const IDENTITY = 'https://ci.example.com/workflow';
const ISSUER = 'https://issuer.example.com';
const EXPECT: Partial<Expectations> = {
  publicKeys: [],
  certificateIdentity: IDENTITY,
  certificateIssuer: ISSUER,
};
const SIGNED_AT = new Date('2026-01-02T11:00:00Z');

const PROVEN = {
  identity: IDENTITY,
  issuer: ISSUER,
  claims: {},
  fingerprint: 'sha256:00',
  times: [{ by: 'transparency-log', time: SIGNED_AT }],
  logEntries: 1,
  notBefore: SIGNED_AT,
  notAfter: SIGNED_AT,
};

function judge(
  proof: CertificateProof,
  expect: Partial<Expectations> = EXPECT,
  bytes: Uint8Array = signed(),
) {
  const evidence = loadEvidence([{ path: 'a', bytes }]);
  const certificates = new Map(evidence.items.map((item) => [item, proof]));
  return evaluate({ evidence, expect, certificates });
}

describe('a certificate', () => {
  it('stands for a key when it is the expected one, logged and timed', () => {
    const report = judge({ signer: PROVEN });
    assert.equal(report.verdict, 'accepted');
    assert.equal(attestationOf(report).identity, IDENTITY);
    assert.deepEqual(attestationOf(report).keyids, []);
  });

  it('is asked for by name, alone or beside a key', () => {
    const BY = 'a certificate of the Sigstore root';
    assert.equal(checkOf(judge({ signer: PROVEN }), 'signature').expected, `a signature by ${BY}`);
    const beside = judge({ signer: PROVEN }, { ...EXPECT, publicKeys: [BUILDER.publicKey] });
    const { keyid } = BUILDER.publicKey;
    assert.equal(checkOf(beside, 'signature').expected, `a signature by ${keyid} or ${BY}`);
  });

  it('whose time is not proven rejects, and nothing of the statement is reported as believed', () => {
    const report = judge({ signer: { ...PROVEN, times: [], logEntries: 0 } });
    assert.deepEqual(failures(report), ['transparency']);
    const { statement, builderId, identity } = attestationOf(report);
    assert.deepEqual(
      { statement, builderId, identity },
      { statement: null, builderId: null, identity: null },
    );
  });

  it('that is not proven rejects by what was not proven', () => {
    const unlogged = judge({ unproven: 'transparency', reason: 'no' });
    assert.deepEqual(failures(unlogged), ['signature', 'transparency', 'key.threshold']);
    const unsigned = judge({ unproven: 'signature', reason: 'no' });
    assert.deepEqual(failures(unsigned), ['signature', 'key.threshold']);
    assert.equal(checkOf(unsigned, 'signature').actual, 'no');
  });

  it('of another identity or issuer is never looked behind', () => {
    for (const other of [{ identity: `${IDENTITY}s` }, { issuer: `${ISSUER}s` }]) {
      const report = judge({ signer: { ...PROVEN, ...other } });
      assert.deepEqual(failures(report), ['certificate.identity', 'key.threshold']);
      assert.equal(checkOf(report, 'statement.format').status, 'not-run');
    }
  });

  it('counts as one signer towards the threshold', () => {
    const both = { ...EXPECT, publicKeys: [BUILDER.publicKey], threshold: 2 };
    assert.equal(judge({ signer: PROVEN }, both).verdict, 'accepted');
    assert.deepEqual(failures(judge({ signer: PROVEN }, { ...EXPECT, threshold: 1, publicKeys: [] })), []);
    assert.throws(() => judge({ signer: PROVEN }, { ...EXPECT, threshold: 2 }), { field: 'threshold' });
  });

  it('is not asked for by an expectation of half of it, or of keys alone', () => {
    assert.throws(
      () => judge({ signer: PROVEN }, { publicKeys: [], certificateIdentity: IDENTITY }),
      ExpectationError,
    );
    assert.throws(
      () => judge({ signer: PROVEN }, { publicKeys: [], certificateIssuer: ISSUER }),
      ExpectationError,
    );
    assert.throws(() => judge({ signer: PROVEN }, { publicKeys: [] }), { field: 'publicKeys' });
    const byKey = judge({ signer: { ...PROVEN, times: [] } }, { publicKeys: [BUILDER.publicKey] });
    assert.equal(byKey.verdict, 'accepted');
  });

  it('that is expected must have been looked at', () => {
    assert.throws(
      () =>
        evaluateProvenance({
          evidence: loadEvidence([{ path: 'a', bytes: signed() }]),
          artifacts: [APP],
          expectations: { publicKeys: [BUILDER.publicKey], ...EXPECT },
          now: NOW,
        }),
      { field: 'certificates' },
    );
  });
});

describe('an unproven certificate', () => {
  it('is not accepted, not timed and nobody', () => {
    const proof = { unproven: 'signature', reason: 'no' } as const;
    const judged = judgeCertificate(proof, [{ identity: '', issuer: '' }]);
    assert.deepEqual(judged, { proof, accepted: false, isTimed: false, identity: '' });
  });
});

describe('checks of a certificate', () => {
  it('are demanded when one is expected and the keys that signed are too few', () => {
    const expected = { identity: IDENTITY, issuer: ISSUER };
    const demanded = (certificates: readonly object[], signers: number): boolean =>
      signsByCertificate({
        opened: { signers: Array.from({ length: signers }, () => BUILDER.publicKey) },
        expected: { certificates, threshold: 1 },
      } as unknown as Context);
    assert.deepEqual(
      [demanded([expected], 0), demanded([expected], 1), demanded([], 0), demanded([], 1)],
      [true, false, false, false],
    );
  });

  it('list four of the identities that are expected', () => {
    const identities = Array.from({ length: 5 }, (_, index) => `https://ci.example.com/${index}`);
    const listed = (count: number): string | null => {
      const certificates = identities
        .slice(0, count)
        .map((identity) => ({ sigstore: 'public', identity, issuer: ISSUER }));
      const { root } = trustRootOf({ certificates });
      const trustRoot = {
        root: { ...root!, sigstore: [{ name: 'public', trustedRoot: {} }] },
        by: 'the test',
      };
      const report = judge({ signer: PROVEN }, { publicKeys: [], trustRoot });
      return checkOf(report, 'certificate.identity').expected;
    };
    const four = identities.slice(0, 4).map((identity) => `${identity}, by ${ISSUER}`);
    assert.equal(listed(4), four.join('; or '));
    assert.equal(listed(5), `${four.join('; or ')}; or 1 more`);
  });
});

describe('certificate.claims', () => {
  it('warns when certificate and provenance have nothing in common', () => {
    assert.equal(checkOf(judge({ signer: PROVEN }), 'certificate.claims').status, 'warn');
  });

  it('passes when they agree, and fails when they do not', () => {
    const claims = {
      sourceRepositoryUri: 'https://git.example.com/shop/app',
      sourceRepositoryRef: 'refs/heads/main',
    };
    const agree = judge({ signer: { ...PROVEN, claims } });
    assert.equal(checkOf(agree, 'certificate.claims').actual, 'they agree on repository, ref');
    const other = judge({
      signer: { ...PROVEN, claims: { ...claims, sourceRepositoryRef: 'refs/heads/mai' } },
    });
    assert.deepEqual(failures(other), ['certificate.claims']);
  });

  it('compares the builder of GitHub with the certificate', () => {
    const builder = 'https://github.com/o/r/.github/workflows/x.yml@refs/heads/main';
    const bytes = signed(statementOf({ predicate: predicateOf({ run: { builder: { id: builder } } }) }));
    assert.deepEqual(failures(judge({ signer: PROVEN }, EXPECT, bytes)), ['certificate.claims']);
  });
});
