import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PROVENANCE_V02 } from 'in-toto-attestation';
import { CHECK_IDS, type CheckId, type Expectations, type Policy, type TrustRoot } from '../src/index.ts';
import { RULES_BY_FIELD } from '../src/expectations.ts';
import { followDependencies } from '../src/chain/index.ts';
import { askPolicies } from '../src/documents/policy/ask.ts';
import type { Context } from '../src/context.ts';
import { fail } from '../src/finding.ts';
import { STEPS } from '../src/steps.ts';
import {
  APP,
  AUDITOR,
  BUILDER,
  BUILDER_ID,
  EVERYTHING,
  LIB,
  STRANGER,
  type Case,
  artifactOf,
  evaluate,
  failures,
  signed,
  statementOf,
} from './fixture.ts';

describe('the list of checks', () => {
  it('has every check id, in order', () => {
    assert.deepEqual(
      STEPS.map(({ id }) => id),
      CHECK_IDS,
    );
  });
});

/** Instead of the key that signed, a certificate is expected, and there is none. */
const CERTIFICATE: Partial<Expectations> = {
  publicKeys: [],
  certificateIdentity: 'https://ci.example.com/workflow',
  certificateIssuer: 'https://issuer.example.com',
};
const NO_CERTIFICATE: readonly CheckId[] = ['signature', 'key.threshold'];

const ROOT: TrustRoot = {
  version: 1,
  expires: new Date('2030-01-01'),
  keys: [
    { publicKey: BUILDER.publicKey, notBefore: new Date('2026-01-01'), notAfter: new Date('2030-01-01') },
  ],
  builders: [{ id: BUILDER_ID, keys: [BUILDER.publicKey], threshold: 1, maxLevel: 2 }],
};
const opened = (root: Partial<TrustRoot> = {}): Partial<Expectations> => ({
  publicKeys: [],
  trustRoot: { root: { ...ROOT, ...root }, by: 'the test' },
});

const NEVER: Policy = {
  name: 'never',
  needsTrustRoot: false,
  checkIds: [],
  select: () => false,
  judge: () => [],
  ask: askPolicies,
};

describe('whatever is expected', () => {
  it('these checks have to be made: one that was not run would reject', () => {
    for (const id of [
      'evidence.found',
      'envelope.format',
      'signature',
      'key.threshold',
      'statement.format',
      'predicate.type',
    ]) {
      assert.equal(STEPS.find((step) => step.id === id)?.demanded({} as Context), true, id);
    }
  });
});

describe('a rule of a policy', () => {
  it('has to be judged: one that was not run rejects, like one that fails', () => {
    const verdictOf = (status: 'pass' | 'warn' | 'fail' | 'not-run'): string => {
      const rule = {
        id: 'policy.rule:never/a',
        status,
        expected: null,
        actual: null,
        pointer: null,
        hint: null,
      } as const;
      const policy: Policy = { ...NEVER, ask: () => ({ findings: {}, rules: [rule] }) };
      return evaluate({ expect: { policies: [policy] } }).verdict;
    };
    assert.equal(verdictOf('pass'), 'accepted');
    assert.equal(verdictOf('not-run'), 'rejected');
    assert.equal(verdictOf('fail'), 'rejected');
  });
});

/** One change of what is expected that turns the accepted case into a rejected one, and the checks that say so. */
const FLIPS: Readonly<
  Record<keyof Expectations, readonly [change: Partial<Expectations>, failed: readonly CheckId[]]>
> = {
  publicKeys: [{ publicKeys: [STRANGER.publicKey] }, ['signature', 'key.threshold']],
  certificateIdentity: [{ ...CERTIFICATE, certificateIdentity: 'https://ci.example.com/a' }, NO_CERTIFICATE],
  certificateIssuer: [{ ...CERTIFICATE, certificateIssuer: 'https://accounts.example.com' }, NO_CERTIFICATE],
  trustRoot: [opened({ expires: new Date('2026-01-01') }), ['trust.root']],
  buildLevel: [{ ...opened(), buildLevel: 3 }, ['build.level']],
  summary: [
    {
      summary: { verifierId: 'https://v.example.com', resourceUri: 'https://example.com/app' },
      buildLevel: 1,
    },
    ['predicate.type'],
  ],
  threshold: [{ publicKeys: [BUILDER.publicKey, AUDITOR.publicKey], threshold: 2 }, ['key.threshold']],
  builderId: [{ builderId: 'https://ci.example.com/other' }, ['builder.id']],
  buildType: [{ buildType: 'https://danube.dev/buildtypes/pipeline/v2' }, ['build.type']],
  sourceUri: [{ sourceUri: 'git+https://git.example.com/shop/fork' }, ['source.uri']],
  sourceRef: [{ sourceRef: 'refs/heads/other' }, ['source.ref']],
  sourceBranch: [{ sourceBranch: 'other' }, ['source.ref']],
  sourceTag: [{ sourceTag: 'v1' }, ['source.ref']],
  sourceCommit: [{ sourceCommit: 'a'.repeat(40) }, ['source.commit']],
  parameters: [{ parameters: { version: '2' } }, ['parameters']],
  allowParameters: [{ allowParameters: [], strict: true }, ['parameters']],
  policies: [{ policies: [NEVER] }, ['policy.match']],
  lock: [{ lock: { judge: () => fail({ actual: 'older' }) } }, ['downgrade']],
  follow: [{ follow: followDependencies({ depth: 1, all: true }) }, ['dependency']],
  npmPackage: [
    { npmPackage: { name: 'app', version: '1.0.0', registryKeys: [{ publicKey: AUDITOR.publicKey }] } },
    ['npm.package'],
  ],
  predicateType: [{ predicateType: PROVENANCE_V02 }, ['predicate.type']],
  maxAgeSeconds: [{ maxAgeSeconds: 60 }, ['time.age']],
  strict: [{ strict: true }, ['parameters']],
  noExtra: [{ noExtra: true }, ['evidence.found', 'subject.digest', 'artifact.extra']],
  noMissing: [{ noMissing: true }, ['artifact.missing']],
};

/** Accepted with the builder's key alone: a subject more than files, and a file more than subjects. */
const ACCEPTED: Case = {
  files: [signed(statementOf({ subject: [APP, LIB] }))],
  artifacts: [APP, { ...artifactOf('stray.txt'), fromDirectory: true }],
};

describe('every expectation', () => {
  it('is among those that are flipped here', () => {
    assert.deepEqual(Object.keys(FLIPS).sort(), Object.keys(RULES_BY_FIELD).sort());
  });

  it('left out, leaves the case accepted', () => {
    assert.equal(evaluate(ACCEPTED).verdict, 'accepted');
    assert.equal(evaluate({ ...ACCEPTED, expect: opened() }).verdict, 'accepted');
  });

  for (const [field, [change, failed]] of Object.entries(FLIPS)) {
    it(`${field} turns the accepted case into a rejected one`, () => {
      const before =
        field === 'allowParameters' ? { expect: { ...EVERYTHING, noExtra: false, noMissing: false } } : {};
      assert.equal(evaluate({ ...ACCEPTED, ...before }).verdict, 'accepted');
      const report = evaluate({ ...ACCEPTED, expect: { ...before.expect, ...change } });
      assert.equal(report.verdict, 'rejected');
      const found = report.artifacts.flatMap((artifact) => failures({ ...report, artifacts: [artifact] }));
      assert.deepEqual(found, failed);
    });
  }
});

describe('a demanded check', () => {
  it('that could not be made rejects, whatever the others say', () => {
    const report = evaluate({ files: [signed('{}')], expect: { ...EVERYTHING, noExtra: false } });
    assert.equal(report.verdict, 'rejected');
    const statuses = report.artifacts[0]?.attestations[0]?.checks.map(({ status }) => status) ?? [];
    assert.equal(statuses.filter((status) => status === 'fail').length, 1);
  });
});
