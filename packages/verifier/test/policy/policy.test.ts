import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ExpectationError, type CheckId } from '../../src/index.ts';
import {
  BUILDER_ID,
  BUILD_TYPE,
  SOURCE_URI,
  STRANGER,
  artifactOf,
  attestationOf,
  evaluate,
  predicateOf,
  signed,
  statementOf,
} from '../fixture.ts';
import { failedRules, judge, judgeBy, policyOf, SPEC } from './policy-fixture.ts';

const rule = (name: string): CheckId => `policy.rule:shop/${name}`;

/** For each field, a value of it that the build does not satisfy, and the check that says so. */
const FLIPS: Readonly<Record<string, readonly [change: object, failed: readonly CheckId[]]>> = {
  'artifacts, file': [{ artifacts: [{ file: 'lib*.tgz' }] }, ['policy.match']],
  'artifacts, package': [{ artifacts: [{ package: 'pkg:npm/app' }] }, ['policy.match']],
  'artifacts, image': [{ artifacts: [{ image: 'registry.example.com/shop/app' }] }, ['policy.match']],
  'builders, id': [{ builders: [{ id: 'https://ci.example.com/danube2' }] }, [rule('builder')]],
  'builders, level': [{ builders: [{ id: BUILDER_ID, level: 3 }] }, [rule('builder')]],
  buildTypes: [{ buildTypes: [`${BUILD_TYPE}/`] }, [rule('build-type')]],
  'source, uris': [
    { source: { ...SPEC.source, uris: ['git+https://git.example.com/shop/app-*'] } },
    [rule('source')],
  ],
  'source, refs': [{ source: { uris: [SOURCE_URI], refs: ['refs/tags/*'] } }, [rule('source')]],
  'source, branches': [{ source: { uris: [SOURCE_URI], branches: ['mai'] } }, [rule('source')]],
  'source, tags': [{ source: { uris: [SOURCE_URI], tags: ['main'] } }, [rule('source')]],
  'source, commits': [{ source: { ...SPEC.source, commits: ['0'.repeat(40)] } }, [rule('source')]],
  'parameters, equals': [
    { parameters: { ...SPEC.parameters, pipeline: { equals: 'releases' } } },
    [rule('parameters')],
  ],
  'parameters, oneOf': [
    { parameters: { ...SPEC.parameters, retries: { oneOf: ['3'] } } },
    [rule('parameters')],
  ],
  'parameters, pattern': [
    { parameters: { ...SPEC.parameters, version: { pattern: '1.2' } } },
    [rule('parameters')],
  ],
  'parameters, one that nobody names': [
    { parameters: { pipeline: { any: true }, version: { any: true } } },
    [rule('parameters')],
  ],
  triggers: [{ triggers: ['manual'] }, [rule('trigger')]],
  actors: [{ actors: ['alice@*.org'] }, [rule('actor')]],
  'dependencies, sources': [
    { dependencies: { ...SPEC.dependencies, sources: SPEC.dependencies.sources?.slice(0, 2) } },
    ['dependency'],
  ],
  maxAge: [{ maxAge: '59m' }, [rule('age')]],
  rules: [
    { rules: [{ name: 'two-inputs', expression: 'artifact.name == "app"', message: 'no' }] },
    [rule('two-inputs')],
  ],
};

describe('a policy', () => {
  it('accepts the build that satisfies all of it, and says each check', () => {
    const report = judge();
    assert.deepEqual(failedRules(report), []);
    assert.equal(report.verdict, 'accepted');
    const ids = attestationOf(report)
      .checks.filter(({ id, status }) => status === 'pass' && id.startsWith('policy.'))
      .map(({ id }) => id);
    const names = ['builder', 'build-type', 'source', 'trigger', 'actor', 'age', 'two-inputs', 'parameters'];
    assert.deepEqual(ids, ['policy.match', ...names.map(rule)]);
  });

  for (const [field, [change, failed]] of Object.entries(FLIPS)) {
    it(`turns accepted into rejected by ${field}`, () => {
      const report = judge(change);
      assert.deepEqual([report.verdict, failedRules(report)], ['rejected', failed]);
    });
  }

  it('rejects what no policy is about', () => {
    const report = judge({}, { artifacts: [{ ...artifactOf('app.tgz'), name: 'other.tgz' }] });
    assert.deepEqual([report.verdict, failedRules(report)], ['rejected', ['policy.match']]);
  });

  it('demands that all policies about an artifact are satisfied', () => {
    const [good, bad] = [policyOf({}, 'shop'), policyOf({ triggers: ['tag'] }, 'strict')];
    assert.equal(judgeBy([good]).verdict, 'accepted');
    assert.deepEqual(failedRules(judgeBy([good, bad])), ['policy.rule:strict/trigger']);
    const elsewhere = policyOf({ artifacts: [{ file: 'lib.tgz' }], triggers: ['tag'] }, 'elsewhere');
    assert.equal(judgeBy([good, elsewhere]).verdict, 'accepted');
  });

  it('refuses a level that no trust root could vouch for', () => {
    assert.throws(
      () => evaluate({ expect: { policies: [policyOf()] } }),
      (error) => error instanceof ExpectationError && error.field === 'policies',
    );
  });

  it('makes none of its checks of provenance that nobody who is trusted signed', () => {
    const { checks } = attestationOf(judge({}, { files: [signed(statementOf(), { keys: [STRANGER] })] }));
    const rules = checks.filter(({ id }) => id.startsWith('policy.rule:'));
    assert.ok(rules.length > 0 && rules.every(({ status }) => status === 'not-run'));
  });

  it('judges provenance without an artifact for each of its subjects', () => {
    const subject = [artifactOf('app.tgz'), artifactOf('lib.tgz')];
    const files = [signed(statementOf({ subject, predicate: predicateOf({ definition: {} }) }))];
    const loose = { dependencies: undefined, rules: undefined, actors: undefined };
    const alone = { files, artifacts: 'provenance-only' as const };
    assert.deepEqual(failedRules(judge(loose, alone)), ['policy.match']);
    assert.equal(judge({ ...loose, artifacts: [{ file: '*.tgz' }] }, alone).verdict, 'accepted');
  });
});
