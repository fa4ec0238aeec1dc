/** What single constraints say, at their boundaries; policy.test.ts has one case for each of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type JsonObject, VSA_V1 } from 'in-toto-attestation';
import { DocumentError } from '../../src/documents/index.ts';
import { readCel } from '../../src/documents/policy/cel.ts';
import type { Check, CheckId, Policy } from '../../src/index.ts';
import {
  APP,
  AUDITOR,
  BUILD_TYPE,
  BUILDER,
  BUILDER_ID,
  COMMIT,
  LIB,
  NOW,
  SOURCE_URI,
  attestationOf,
  evaluate,
  predicateOf,
  signed,
  statementOf,
  type Case,
  type Signing,
} from '../fixture.ts';
import { AUDITOR_PEM, BUILD, BUILDER_PEM, judge, policyOf, SPEC } from './policy-fixture.ts';

const SCAI = 'https://in-toto.io/attestation/scai/v0.3';
const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1';
const VULNS = 'https://in-toto.io/attestation/vulns/v0.2';

/** What a rule of the policy says. */
function made(rule: string, spec: object, input: Case = {}): Check {
  const { checks } = attestationOf(judge(spec, input));
  const id = (rule === 'summary' ? rule : `policy.rule:shop/${rule}`) as CheckId;
  const found = checks.find((check) => check.id === id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found;
}

/** What a rule says of the build beside these other attestations of the same artifact. */
function beside(rule: string, spec: object, ...others: readonly Uint8Array[]): readonly unknown[] {
  const { status, actual } = made(rule, spec, { files: [signed(BUILD), ...others] });
  return [status, actual];
}

const about = (predicateType: string, predicate: object, signing?: Signing): Uint8Array =>
  signed(statementOf({ predicateType, predicate }), signing);

describe('isolation', () => {
  const conditions = { egress: 'none' };
  const spec = { isolation: { attributes: [{ attribute: 'ISOLATED' }] } };
  const report = (...attributes: readonly object[]): Uint8Array => about(SCAI, { attributes });
  const isolated = { attribute: 'ISOLATED' };

  it('is any attribute of the report', () => {
    assert.equal(beside('isolation', spec, report({ attribute: 'OTHER' }, isolated))[0], 'pass');
    assert.equal(beside('isolation', spec, report(isolated, { attribute: 'OTHER' }))[0], 'pass');
  });

  it('is any report of several, about the artifact itself', () => {
    const [other, good] = [report({ attribute: 'OTHER' }), report(isolated)];
    assert.equal(beside('isolation', spec, other, good)[0], 'pass');
    assert.equal(beside('isolation', spec, good, other)[0], 'pass');
    const predicate = { attributes: [isolated] };
    const subject = [{ name: 'source', digest: { gitCommit: COMMIT } }];
    const ofCommit = signed(statementOf({ predicateType: SCAI, predicate, subject }));
    assert.equal(beside('isolation', spec, ofCommit)[0], 'fail');
  });

  it('says which attribute is not there, and under which conditions', () => {
    const [, none] = beside('isolation', spec, report({ attribute: 'OTHER' }));
    assert.equal(none, 'provenance-1.json: it does not state ISOLATED');
    const strict = { isolation: { attributes: [{ attribute: 'ISOLATED', conditions }] } };
    const [, without] = beside('isolation', strict, report(isolated));
    assert.equal(without, 'provenance-1.json: it does not state ISOLATED with {"egress":"none"}');
    assert.equal(beside('isolation', strict, report({ ...isolated, conditions }))[0], 'pass');
    assert.equal(
      beside('isolation', strict, report({ ...isolated, conditions: { egress: 'all' } }))[0],
      'fail',
    );
  });

  it('says whether there is no report, or none that counts', () => {
    assert.deepEqual(beside('isolation', spec), ['fail', 'there is none about this artifact']);
    assert.deepEqual(
      beside('isolation', spec, about(SCAI, { attributes: [isolated] }, { keys: [AUDITOR] })),
      ['fail', '1 found, none signed by whoever may sign the provenance'],
    );
  });

  it('fails for a report that cannot be read, whatever else there is', () => {
    const [status, actual] = beside('isolation', spec, about(SCAI, { attributes: 'all' }));
    assert.equal(status, 'fail');
    assert.match(
      String(actual),
      /^provenance-1\.json: \/predicate\/attributes|^provenance-1\.json: .*attributes/,
    );
  });

  it('takes no report in an envelope of another type', () => {
    const plain = about(SCAI, { attributes: [isolated] }, { payloadType: 'text/plain' });
    assert.equal(beside('isolation', spec, plain)[0], 'fail');
  });

  it('may be signed by any of the roles that are named', () => {
    const roles = [
      { name: 'auditor', keys: [AUDITOR_PEM] },
      { name: 'builder', keys: [BUILDER_PEM] },
    ];
    const bySomebody = { roles, isolation: { ...spec.isolation, signedBy: ['auditor', 'builder'] } };
    for (const key of [AUDITOR, BUILDER])
      assert.equal(
        beside('isolation', bySomebody, about(SCAI, { attributes: [isolated] }, { keys: [key] }))[0],
        'pass',
      );
  });
});

describe('attestations', () => {
  it('of tests and scans fail when one of several is bad', () => {
    const tests = { attestations: [{ name: 'tests', type: 'test-result' }] };
    const result = (text: string): Uint8Array =>
      about(TEST_RESULT, { result: text, configuration: [{ uri: 'a:b' }] });
    assert.equal(beside('tests', tests, result('PASSED'))[0], 'pass');
    assert.equal(beside('tests', tests, result('PASSED'), result('FAILED'))[0], 'fail');
    const scans = {
      attestations: [{ name: 'scan', type: 'vulnerability-scan', ceiling: { low: 'any' }, maxAge: '1h' }],
    };
    const scan = (score: string, seconds = 0): Uint8Array => {
      const scannedOn = new Date(NOW.getTime() - seconds * 1000).toISOString();
      return about(VULNS, {
        scanner: {
          uri: 'a:s',
          version: '1',
          db: { uri: 'a:d', version: '1', lastUpdate: scannedOn },
          result: [{ id: 'CVE-1', severity: [{ method: 'm', score }] }],
        },
        metadata: { scanStartedOn: scannedOn, scanFinishedOn: scannedOn },
      });
    };
    assert.equal(beside('scan', scans, scan('low'))[0], 'pass');
    assert.equal(beside('scan', scans, scan('low'), scan('high'))[0], 'fail');
    assert.equal(beside('scan', scans, scan('low'), scan('high', 3601))[0], 'pass');
    assert.equal(beside('scan', scans, scan('low', 3600))[0], 'pass');
    assert.equal(beside('scan', scans, scan('low', 3601))[0], 'fail');
    assert.equal(beside('scan', scans, scan('low', -60))[0], 'pass');
    assert.equal(beside('scan', scans, scan('low', -61))[0], 'fail');
  });

  it('of reviews say why they do not hold', () => {
    const review = (expression: string): unknown => {
      const demand = {
        name: 'review',
        type: 'review',
        predicateType: 'https://example.com/review',
        expression,
      };
      return beside(
        'review',
        { attestations: [demand] },
        about('https://example.com/review', { ok: true }),
      )[1];
    };
    assert.equal(review('predicate.ok'), 'provenance-1.json');
    assert.equal(review('!predicate.ok'), 'provenance-1.json: !predicate.ok does not hold');
    assert.doesNotMatch(String(review('predicate.nothing == 1')), /does not hold/);
  });

  it('of summaries hold the level that is demanded, or a higher one of its track', () => {
    const summary = (verifiedLevels: readonly string[], demanded: string): unknown => {
      const demand = {
        name: 'vsa',
        type: 'summary',
        verifier: 'https://v.example.com',
        resourceUri: 'https://example.com/app',
      };
      const predicate = {
        verifier: { id: demand.verifier },
        timeVerified: NOW.toISOString(),
        resourceUri: demand.resourceUri,
        policy: { uri: 'https://example.com/policy' },
        verificationResult: 'PASSED',
        verifiedLevels,
      };
      const roles = [{ name: 'verifier', keys: [AUDITOR_PEM] }];
      const spec = { roles, attestations: [{ ...demand, levels: [demanded], signedBy: ['verifier'] }] };
      return beside('summary', spec, about(VSA_V1, predicate, { keys: [AUDITOR] }))[0];
    };
    const [one, two, three] = [1, 2, 3].map((level) => `SLSA_BUILD_LEVEL_${level}`) as [
      string,
      string,
      string,
    ];
    assert.equal(summary([two], two), 'pass');
    assert.equal(summary([three], two), 'pass');
    assert.equal(summary([one], two), 'fail');
    assert.equal(summary(['SLSA_SOURCE_LEVEL_3', two], two), 'pass');
    assert.equal(summary([two, 'SLSA_SOURCE_LEVEL_3'], two), 'pass');
    assert.equal(summary(['SLSA_SOURCE_LEVEL_3'], two), 'fail');
    assert.equal(summary(['REVIEWED'], 'REVIEWED'), 'pass');
    assert.equal(summary(['REVIEWED'], 'TESTED'), 'fail');
  });
});

describe('the builder of a policy', () => {
  it('is told with its level, or without one', () => {
    const other = 'https://ci.example.com/other';
    const builders = [{ id: BUILDER_ID, level: 2 }, { id: other }];
    const { expected, actual } = made('builder', { builders });
    assert.equal(expected, `${BUILDER_ID} at SLSA Build L2 or higher or ${other}`);
    assert.equal(actual, `${BUILDER_ID} at SLSA Build L2`);
    const plain = made('builder', { builders: [{ id: BUILDER_ID }] });
    assert.deepEqual([plain.status, plain.actual], ['pass', BUILDER_ID]);
  });

  it('has no level where nobody vouches for it', () => {
    const root = { version: 1, expires: new Date('2030-01-01'), keys: [], builders: [] };
    const report = evaluate({
      files: [signed(BUILD)],
      keys: [],
      expect: {
        policies: [policyOf({ builders: [{ id: BUILDER_ID, level: 1 }] })],
        trustRoot: {
          root: {
            ...root,
            keys: [
              { publicKey: BUILDER.publicKey, notBefore: new Date(0), notAfter: new Date('2030-01-01') },
            ],
            builders: [
              { id: 'https://other.example.com', keys: [BUILDER.publicKey], threshold: 1, maxLevel: 3 },
            ],
          },
          by: 'the test',
        },
      },
    });
    const found = attestationOf(report).checks.find(({ id }) => id === 'policy.rule:shop/builder');
    assert.deepEqual([found?.status, found?.actual], ['fail', `${BUILDER_ID} at no level`]);
  });
});

describe('source, trigger, actor and age of a policy', () => {
  const built = (definition: object): Case => ({
    files: [signed(statementOf({ predicate: predicateOf({ definition }) }))],
  });

  it('are one of those that are named', () => {
    assert.equal(
      made('source', { source: { uris: ['git+https://x.example.com/a', SOURCE_URI] } }).status,
      'pass',
    );
    assert.equal(made('actor', { actors: ['bob', 'alice@example.com'] }).status, 'pass');
    assert.equal(made('actor', { actors: ['alice@example.com', 'bob'] }).status, 'pass');
  });

  it('take no trigger that is no text, or that a tenant could have written', () => {
    const parameters = { pipeline: 'x', source: SOURCE_URI };
    const trigger = (definition: object): string =>
      made('trigger', { triggers: ['push', '7'] }, built(definition)).status;
    assert.equal(trigger({ externalParameters: { ...parameters, trigger: 'push' } }), 'pass');
    assert.equal(trigger({ externalParameters: { ...parameters, trigger: 7 } }), 'fail');
    assert.equal(
      trigger({ buildType: `${BUILD_TYPE}/other`, externalParameters: { ...parameters, trigger: 'push' } }),
      'fail',
    );
  });

  it('read the actor where each platform writes it, and only a text', () => {
    const actor = (internalParameters: JsonObject): string =>
      made('actor', { actors: ['alice'] }, built({ internalParameters })).status;
    for (const internal of [
      { actor: 'alice' },
      { github: { actor: 'alice' } },
      { github_actor: 'alice' },
      { GITHUB_ACTOR: 'alice' },
    ])
      assert.equal(actor(internal), 'pass', JSON.stringify(internal));
    for (const internal of [
      {},
      { actor: 7 },
      { actor: { actor: 'alice' } },
      { actor: { undefined: 'alice' } },
      { github: 'alice' },
      { github: { actor: ['alice'] } },
      { github: {} },
    ])
      assert.equal(actor(internal as JsonObject), 'fail', JSON.stringify(internal));
    assert.equal(actor({ actor: 7, github: { actor: 'alice' } }), 'pass');
  });

  it('take an age at its limit, and a clock that is ahead by its skew', () => {
    const age = (maxAge: string, now: Date): string => made('age', { maxAge }, { now }).status;
    const finished = Date.parse('2026-01-02T12:00:00Z');
    assert.equal(age('1h', new Date(finished + 3_600_000)), 'pass');
    assert.equal(age('1h', new Date(finished + 3_600_001)), 'fail');
    assert.equal(age('1h', new Date(finished - 60_000)), 'pass');
    assert.equal(age('1h', new Date(finished - 60_001)), 'fail');
  });
});

describe('policies and subjects', () => {
  it('select a subject by its package URL, be it its name or its URI', () => {
    const named = (subject: object): string =>
      attestationOf(
        judge(
          {
            artifacts: [{ package: 'pkg:npm/@shop/app' }],
            dependencies: undefined,
            rules: undefined,
            actors: undefined,
          },
          { files: [signed(statementOf({ subject: [subject] }))], artifacts: 'provenance-only' },
        ),
      ).checks.find(({ id }) => id === 'policy.match')?.status ?? '';
    assert.equal(named({ ...APP, name: 'pkg:npm/%40shop/app@1.0.0' }), 'pass');
    assert.equal(named({ ...APP, uri: 'pkg:npm/%40shop/app@1.0.0' }), 'pass');
    assert.equal(named(APP), 'fail');
    for (const name of ['pkg:', 'pkg:npm', 'pkg:npm/%zz@1'])
      assert.equal(named({ ...APP, name }), 'fail', name);
  });

  it('fail for several subjects when a rule fails for one of them, whichever it is', () => {
    const rules = [{ name: 'first', expression: 'artifact.name == "app.tgz"', message: 'no' }];
    for (const [subject, expected] of [
      [[APP], 'pass'],
      [[APP, LIB], 'fail'],
      [[LIB, APP], 'fail'],
    ] as const) {
      const files = [signed({ ...BUILD, subject: JSON.parse(JSON.stringify(subject)) as JsonObject[] })];
      const spec = { artifacts: [{ file: '*.tgz' }], rules };
      assert.equal(made('first', spec, { files, artifacts: 'provenance-only' }).status, expected);
    }
  });
});

describe('what a policy is about', () => {
  it('is what any of its patterns selects', () => {
    const selected = (...patterns: readonly string[]): string => {
      const { checks } = attestationOf(judge({ artifacts: patterns.map((file) => ({ file })) }));
      return checks.find(({ id }) => id === 'policy.match')?.status ?? '';
    };
    assert.equal(selected('*.tgz', '*.zip'), 'pass');
    assert.equal(selected('*.zip', '*.tgz'), 'pass');
    assert.equal(selected('*.zip', '*.whl'), 'fail');
  });

  it('is not left without a ceiling, or with conditions that ask for nothing', () => {
    const scan = { name: 'scan', type: 'vulnerability-scan', ceiling: {} };
    for (const spec of [
      { attestations: [scan] },
      { isolation: { attributes: [{ attribute: 'ISOLATED', conditions: {} }] } },
    ]) {
      assert.throws(() => policyOf(spec), /sets no ceiling|is empty/);
    }
  });
});

describe('several policies', () => {
  const policy = (name: string, actual: string, status: 'pass' | 'fail'): Policy => ({
    ...policyOf({}, name),
    needsTrustRoot: false,
    checkIds: ['dependency'],
    select: () => true,
    judge: () => [{ id: 'dependency', status, expected: null, actual, pointer: null, hint: null }],
  });
  const told = (...policies: readonly Policy[]): unknown => {
    const { checks } = attestationOf(evaluate({ expect: { policies } }));
    return checks.find(({ id }) => id === 'dependency')?.actual;
  };

  it('that make the same check are told by the first that did not pass, else by the first', () => {
    assert.equal(told(policy('a', 'first', 'fail'), policy('b', 'second', 'fail')), 'first');
    assert.equal(told(policy('a', 'first', 'pass'), policy('b', 'second', 'pass')), 'first');
    assert.equal(told(policy('a', 'first', 'pass'), policy('b', 'second', 'fail')), 'second');
  });
});

describe('an expression', () => {
  it('may look at a long list with many conditions, as long as it does not make longer ones', () => {
    const list = Array.from({ length: 3000 }, () => 1);
    const files = [
      signed(statementOf({ predicate: predicateOf({ definition: { internalParameters: { list } } }) })),
    ];
    const of = (expression: string): unknown => {
      const spec = {
        rules: [{ name: 'r', expression, message: 'no' }],
        dependencies: undefined,
        actors: undefined,
      };
      return made('r', spec, { files }).status;
    };
    const place = 'predicate.buildDefinition.internalParameters.list';
    const conditions = Array.from({ length: 12 }, () => 'n > 0').join(' && ');
    assert.equal(of(`${place}.all(n, ${conditions})`), 'pass');
    const longer = Array.from({ length: 12 }, () => place).join(' + ');
    assert.equal(of(`(${longer}).all(n, ${conditions})`), 'fail');
  });

  const list = (length: number): string => `[${Array.from({ length }, () => '1').join()}] == []`;

  it('has 500 parts at most', () => {
    const most = Array.from({ length: 500 }, (_, index) => index).findLast((length) => {
      try {
        return readCel(list(length)) !== undefined;
      } catch {
        return false;
      }
    });
    assert.throws(() => readCel(list((most ?? 0) + 1)), /has 501 parts, at most 500 may be there/);
  });

  it('knows the names in keys of maps as everywhere', () => {
    assert.throws(() => readCel('{nobody: 1} == {}'), /knows no nobody/);
    assert.throws(() => readCel('{"a": nobody} == {}'), /knows no nobody/);
  });

  it('sees package and image of an artifact where it has them', () => {
    const rules = (expression: string): object => ({ rules: [{ name: 'r', expression, message: 'no' }] });
    const of = (expression: string, more: object, pattern: object): string =>
      made(
        'r',
        { ...rules(expression), artifacts: [pattern] },
        { files: [signed(BUILD)], artifacts: [{ ...APP, ...more }] },
      ).status;
    assert.equal(
      of(
        'artifact.package == "pkg:npm/app@1.0.0"',
        { packageUrl: 'pkg:npm/app@1.0.0' },
        { package: 'pkg:npm/app' },
      ),
      'pass',
    );
    assert.equal(
      of(
        'artifact.image == "r.example.com/app:1"',
        { image: 'r.example.com/app:1' },
        { image: 'r.example.com/app' },
      ),
      'pass',
    );
    assert.equal(of('!has(artifact.image) && !has(artifact.package)', {}, SPEC.artifacts[0] ?? {}), 'pass');
  });
});

describe('DocumentError', () => {
  it('says where, unless it is about the whole document', () => {
    assert.equal(new DocumentError('ERR_POLICY', '', 'is none').message, 'is none');
    assert.equal(new DocumentError('ERR_POLICY', '/spec', 'is none').message, '/spec: is none');
  });
});
