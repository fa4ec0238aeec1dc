/** How policy engines of this field failed open, one test a defect; the numbers are public advisories. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from 'in-toto-attestation';
import {
  checkPolicyDocument,
  DocumentError,
  parsePolicy,
  policySpecSchema,
  toPolicy,
} from '../../src/documents/index.ts';
import type { ExpectationError } from '../../src/index.ts';
import { APP, AUDITOR, BUILDER, STRANGER, attestationOf, evaluate, signed, statementOf } from '../fixture.ts';
import { BUILD, BUILDER_PEM, failedRules, judge, judgeBy, policyOf, SPEC } from './policy-fixture.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function refuses(spec: object, pointer: string): void {
  assert.throws(
    () => policyOf(spec),
    (error) => error instanceof DocumentError && error.code === 'ERR_POLICY' && error.pointer === pointer,
  );
}

const SCAI = 'https://in-toto.io/attestation/scai/v0.3';
const scai = (change: object = {}, keys = [BUILDER]): Uint8Array =>
  signed(
    statementOf({ predicateType: SCAI, predicate: { attributes: [{ attribute: 'ISOLATED' }] }, ...change }),
    { keys },
  );
const ISOLATED = { isolation: { attributes: [{ attribute: 'ISOLATED' }] } };

describe('what is written in a policy is looked at', () => {
  it('CVE-2026-48815, CVE-2025-29778: unknown and misspelt constraints are errors, at every depth', () => {
    refuses({ builder: [{ id: 'x:y' }] }, '/spec/builder');
    refuses({ source: { ...SPEC.source, branch: 'main' } }, '/spec/source/branch');
    refuses({ dependencies: { ...SPEC.dependencies, source: [] } }, '/spec/dependencies/source');
    refuses({ attestations: [{ name: 'a', type: 'sbom', format: ['spdx'] }] }, '/spec/attestations/0/format');
    refuses({ attestations: [{ name: 'a', type: 'sbom', ceiling: {} }] }, '/spec/attestations/0/ceiling');
    refuses({ rules: [{ name: 'a', expression: 'true', mesage: 'x' }] }, '/spec/rules/0/message');
  });

  it('CVE-2026-48815: a constraint that nothing would use is an error', () => {
    refuses({ roles: [{ name: 'auditor', keys: [BUILDER_PEM] }] }, '/spec/roles/0');
  });

  it('every field of the format is one that some test turns into a rejection', () => {
    const tested = [...Object.keys(SPEC), 'roles', 'signatures', 'isolation', 'attestations'];
    assert.ok('shape' in policySpecSchema);
    assert.deepEqual(Object.keys(policySpecSchema.shape as object).sort(), tested.sort());
  });
});

describe('patterns mean what they say', () => {
  it('sigstore-js, unanchored SAN: a pattern matches all of a name, and never a part of a host', () => {
    for (const uri of ['git+https://git.example.com/shop/ap', 'git+https://git.example.com/shop']) {
      assert.deepEqual(failedRules(judge({ source: { uris: [uri], branches: ['main'] } })), [
        'policy.rule:shop/source',
      ]);
    }
    refuses({ source: { uris: ['git+https://*/shop/app'] } }, '/spec/source');
    refuses({ artifacts: [{ image: '*.example.com/app' }] }, '/spec/artifacts/0/image');
    refuses({ artifacts: [{ package: 'pkg:*/app' }] }, '/spec/artifacts/0/package');
  });

  it('GHSA-g9jx-rqhm-mj7g: a prefix of a name is another name', () => {
    for (const file of ['app', 'app.tg', 'pp.tgz', 'app.tgz.sig'])
      assert.deepEqual(failedRules(judge({ artifacts: [{ file }] })), ['policy.match']);
  });

  it('GHSA-pmwq-pjrm-6p5r: character classes, which dialects read in two ways, are refused', () => {
    for (const file of ['[!a].tgz', '[^a].tgz', '{a,b}.tgz', 'a\\*.tgz', '!app.tgz'])
      refuses({ artifacts: [{ file }] }, '/spec/artifacts/0/file');
  });

  it('CVE-2021-41087: a name with dot segments is in no folder', () => {
    const artifacts = [{ ...APP, name: 'dist/../../app.tgz' }];
    assert.deepEqual(failedRules(judge({ artifacts: [{ file: 'dist/**' }] }, { artifacts })), [
      'policy.match',
    ]);
  });
});

describe('nothing is not everything', () => {
  it('GHSA-rgp5-33mp-jhfm: an empty policy, and one that demands nothing, are errors', () => {
    for (const text of ['', '{}', '---\n', 'null', '[]', '# nothing'])
      assert.throws(() => parsePolicy(bytes(text)), DocumentError);
    const document = { apiVersion: 'danube.dev/v1', kind: 'ProvenancePolicy', metadata: { name: 'a' } };
    const spec = { artifacts: [{ file: '**' }] };
    assert.throws(() => toPolicy(checkPolicyDocument({ ...document, spec })), DocumentError);
  });

  it('GHSA-mpvw-hw8p-7x27: an empty list is no absent one', () => {
    for (const field of Object.keys(SPEC).filter((name) => Array.isArray(Reflect.get(SPEC, name))))
      refuses({ [field]: [] }, `/spec/${field}`);
    assert.throws(
      () => evaluate({ expect: { policies: [] } }),
      (error) => (error as ExpectationError).field === 'policies',
    );
  });

  it('GHSA-c346-qp3r-53vf, GHSA-r4fv-8r9j-vgcg: duplicates are errors, and none hides another', () => {
    refuses({ triggers: ['push', 'push'] }, '/spec/triggers');
    refuses({ artifacts: [{ file: 'a' }, { file: 'a' }] }, '/spec/artifacts');
    const rule = { name: 'a', message: 'x' };
    refuses(
      {
        rules: [
          { ...rule, expression: 'true' },
          { ...rule, expression: 'false' },
        ],
      },
      '/spec/rules/1/name',
    );
    assert.throws(
      () => judgeBy([policyOf(), policyOf({ triggers: ['tag'] })]),
      (error) => (error as ExpectationError).field === 'policies',
    );
  });

  it('Kyverno, [].all() is true: no dependencies are not good dependencies', () => {
    const predicate = BUILD['predicate'] as JsonObject;
    const definition = predicate['buildDefinition'] as JsonObject;
    const empty = { ...predicate, buildDefinition: { ...definition, resolvedDependencies: [] } };
    const report = judge(
      { source: { uris: SPEC.source.uris, branches: ['main'] }, rules: undefined },
      { files: [signed(statementOf({ predicate: empty }))] },
    );
    assert.deepEqual(failedRules(report), ['dependency']);
  });

  it('GHSA-567m-4668-m656: a demanded attestation that is not there fails', () => {
    assert.deepEqual(failedRules(judge(ISOLATED)), ['policy.rule:shop/isolation']);
  });
});

describe('what speaks for an artifact is about it, of the kind, and signed', () => {
  const verdict = (...others: readonly Uint8Array[]): string =>
    judge(ISOLATED, { files: [signed(BUILD), ...others] }).verdict;

  it('accepts the attribute report that is all of that', () => {
    assert.equal(verdict(scai()), 'accepted');
  });

  it('CVE-2022-35929, CVE-2022-35930: an attestation of another type does not stand in', () => {
    assert.equal(verdict(scai({ predicateType: `${SCAI}/` })), 'rejected');
  });

  it('GHSA-vmvj-p3hw-39q3: nor one about something else', () => {
    assert.equal(verdict(scai({ subject: [{ ...APP, digest: { sha256: '0'.repeat(64) } }] })), 'rejected');
  });

  it('GHSA-2v4r-xhmm-ghv8: nor one whose signature failed, or that a stranger signed', () => {
    assert.equal(verdict(scai({}, [STRANGER])), 'rejected');
    assert.equal(verdict(scai({}, [AUDITOR])), 'rejected');
  });
});

describe('thresholds count roles', () => {
  const roles = [{ name: 'builder', keys: [BUILDER_PEM] }];

  it('CVE-2026-23992: a threshold of 0, a fraction or more than there are is an error', () => {
    for (const threshold of [0, -1, 0.5, 2, '1'])
      refuses({ roles, signatures: { threshold, roles: ['builder'] } }, '/spec/signatures/threshold');
  });

  it('CVE-2020-6174: one key in two roles is an error', () => {
    const twice = [...roles, { name: 'auditor', keys: [BUILDER_PEM] }];
    refuses(
      { roles: twice, signatures: { threshold: 2, roles: ['builder', 'auditor'] } },
      '/spec/roles/1/keys/0',
    );
  });
});

describe('an error is no yes', () => {
  it('CVE-2026-44310: a rule that cannot be evaluated fails, whatever it throws', () => {
    for (const expression of [
      'predicate.nothing.at.all == 1',
      'predicate.buildDefinition > 1',
      '1 / 0 == 1',
      '[1][5] == 1',
      'timestamp("never") < now',
      '"yes"',
      'null',
      'predicate',
    ]) {
      const report = judge({ rules: [{ name: 'rule', expression, message: 'x' }] });
      assert.deepEqual([report.verdict, failedRules(report)], ['rejected', ['policy.rule:shop/rule']]);
    }
  });

  it('CVE-2023-46737: loops within loops over large statements fail, without being tried', () => {
    const expression = 'statement.subject.all(a, statement.subject.all(b, statement.subject.all(c, true)))';
    const subject = [APP, ...Array.from({ length: 2000 }, (_, n) => ({ ...APP, name: `n${n}` }))];
    const report = judge(
      { rules: [{ name: 'rule', expression, message: 'x' }] },
      { files: [signed(JSON.stringify({ ...BUILD, subject }))] },
    );
    const check = attestationOf(report).checks.find(({ id }) => id === 'policy.rule:shop/rule');
    assert.match(check?.actual ?? '', /steps/);
  });

  it('a member of the evidence that the expression language would take for something of its own is data', () => {
    const predicate = BUILD['predicate'] as JsonObject;
    const files = [
      signed({
        ...BUILD,
        predicate: {
          ...predicate,
          x: { $typeName: 'google.protobuf.BoolValue', value: true, constructor: 1 },
        },
      }),
    ];
    const expression = 'predicate.x.value && predicate.x.constructor == 1';
    assert.equal(
      judge({ rules: [{ name: 'rule', expression, message: 'x' }] }, { files }).verdict,
      'accepted',
    );
    const message = 'predicate.x';
    assert.equal(
      judge({ rules: [{ name: 'rule', expression: message, message: 'x' }] }, { files }).verdict,
      'rejected',
    );
  });
});
