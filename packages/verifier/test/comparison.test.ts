import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseStatement, type Statement } from 'in-toto-attestation';
import { type Comparison, type Difference, compareBuilds } from '../src/index.ts';
import {
  APP,
  BUILD_TYPE,
  COMMIT,
  LIB,
  SOURCE_REF,
  SOURCE_URI,
  bytesOf,
  hash,
  predicateOf,
  statementOf,
} from './fixture.ts';

type Change = Parameters<typeof predicateOf>[0];

function build(change?: Change, statement: object = {}): Statement {
  return parseStatement(bytesOf(statementOf({ predicate: predicateOf(change), ...statement })));
}

/** What a changed build differs in from the build of the fixture. */
function differences(change: Change, statement?: object): readonly Difference[] {
  return compareBuilds(build(), build(change, statement)).differences;
}

function summaryOf({ sameInputs, sameOutputs }: Comparison): readonly [inputs: boolean, outputs: boolean] {
  return [sameInputs, sameOutputs];
}

const PARAMETERS = {
  pipeline: 'release',
  source: `${SOURCE_URI}@${SOURCE_REF}`,
  trigger: 'push',
  parameters: { version: '1.2.0', retries: 3 },
};

describe('two builds', () => {
  it('that are one have no difference', () => {
    const comparison = compareBuilds(build(), build());
    assert.deepEqual(comparison, { differences: [], sameInputs: true, sameOutputs: true });
  });

  it('differ in nothing when members stand in another order', () => {
    const versions = (names: readonly string[]): Change => ({
      definition: {
        internalParameters: { list: [Object.fromEntries(names.map((name) => [name, { [name]: null }]))] },
      },
      run: { builder: { id: 'b', version: Object.fromEntries(names.map((name) => [name, '1'])) } },
    });
    const [a, b] = [build(versions(['x', 'y', 'z'])), build(versions(['z', 'x', 'y']))];
    assert.deepEqual(compareBuilds(a, b).differences, []);
  });

  it('differ in the order of a list', () => {
    const listing = (list: readonly unknown[]): Statement =>
      build({ definition: { internalParameters: { list } } });
    assert.deepEqual(compareBuilds(listing([1, null]), listing([null, 1])).differences, [
      { group: 'environment', name: '/list', a: '[1,null]', b: '[null,1]' },
    ]);
  });

  it('differ in parameters by their pointers, text as it is and other values as JSON', () => {
    const externalParameters = { ...PARAMETERS, pipeline: 'nightly', parameters: { retries: 4, more: 'x' } };
    assert.deepEqual(differences({ definition: { externalParameters } }), [
      { group: 'parameters', name: '/parameters/more', a: null, b: 'x' },
      { group: 'parameters', name: '/parameters/retries', a: '3', b: '4' },
      { group: 'parameters', name: '/parameters/version', a: '1.2.0', b: null },
      { group: 'parameters', name: '/pipeline', a: 'release', b: 'nightly' },
    ]);
  });

  it('differ in the source as the source, not as the parameter that names it', () => {
    const externalParameters = { ...PARAMETERS, source: `${SOURCE_URI}-fork@refs/heads/other` };
    assert.deepEqual(differences({ definition: { externalParameters, resolvedDependencies: [] } }), [
      { group: 'source', name: 'commit', a: COMMIT, b: null },
      { group: 'source', name: 'ref', a: SOURCE_REF, b: 'refs/heads/other' },
      { group: 'source', name: 'uri', a: SOURCE_URI, b: `${SOURCE_URI}-fork` },
      {
        group: 'dependencies',
        name: 'git+https://git.example.com/shop/app@refs/heads/main',
        a: `gitCommit:${COMMIT}`,
        b: null,
      },
      { group: 'dependencies', name: 'pkg:docker/node@24', a: `sha256:${hash('sha256', 'image')}`, b: null },
    ]);
  });

  it('whose source cannot be read are compared by all their parameters', () => {
    const of = (source: unknown): Statement =>
      build({ definition: { externalParameters: { ...PARAMETERS, source } } });
    assert.deepEqual(compareBuilds(of(['a']), of(['b'])).differences, [
      { group: 'parameters', name: '/source', a: '["a"]', b: '["b"]' },
    ]);
  });

  it('differ in a dependency by its digest, an image by its name without the digest', () => {
    const image = (digit: string): Statement =>
      build({
        definition: {
          resolvedDependencies: [
            { uri: `pkg:oci/node@sha256%3A${digit.repeat(64)}?tag=24`, digest: { sha256: digit.repeat(64) } },
            { name: 'tool', digest: { sha256: COMMIT.padEnd(64, '0'), sha1: COMMIT } },
            { content: 'YQ==' },
          ],
        },
      });
    assert.deepEqual(compareBuilds(image('1'), image('2')).differences, [
      {
        group: 'dependencies',
        name: 'pkg:oci/node?tag=24',
        a: `sha256:${'1'.repeat(64)}`,
        b: `sha256:${'2'.repeat(64)}`,
      },
    ]);
    const [, other, unnamed] = compareBuilds(build(), image('1')).differences.filter(({ a }) => a === null);
    const both = `sha1:${COMMIT} sha256:${COMMIT.padEnd(64, '0')}`;
    assert.deepEqual(other, { group: 'dependencies', name: 'tool', a: null, b: both });
    assert.deepEqual(unnamed, {
      group: 'dependencies',
      name: 'without a name',
      a: null,
      b: 'no digest content:YQ==',
    });
  });

  it('differ in outputs by name, or by digest where there is none', () => {
    const subject = [{ ...APP, digest: LIB.digest }, { digest: LIB.digest }];
    const [sha256, other] = [APP, LIB].map(({ digest }) => `sha256:${digest['sha256']}`);
    assert.deepEqual(differences({}, { subject }), [
      { group: 'outputs', name: 'app.tgz', a: sha256, b: other },
      { group: 'outputs', name: other, a: null, b: other },
    ]);
  });

  it('differ in each of several dependencies or outputs of one name, in whatever order', () => {
    const [first, second, third] = ['1', '2', '3'].map((text) => ({
      name: 'lib',
      digest: { sha256: hash('sha256', text) },
    }));
    const of = (...resolvedDependencies: unknown[]): Statement =>
      build({ definition: { resolvedDependencies } });
    assert.deepEqual(summaryOf(compareBuilds(of(first, second), of(second, first))), [true, true]);
    assert.deepEqual(summaryOf(compareBuilds(of(first, second), of(third, second))), [false, true]);
    assert.deepEqual(summaryOf(compareBuilds(of(first, first), of(first))), [false, true]);
    const making = (...subject: unknown[]): Statement => build(undefined, { subject });
    assert.deepEqual(summaryOf(compareBuilds(making(first, second), making(second, first))), [true, true]);
    assert.deepEqual(summaryOf(compareBuilds(making(first, second), making(third, second))), [true, false]);
  });

  it('differ in a dependency that is written out, by its content', () => {
    const of = (content: string): Change => ({
      definition: { resolvedDependencies: [{ name: 'args', content }] },
    });
    assert.deepEqual(compareBuilds(build(of('YQ==')), build(of('Yg=='))).differences, [
      { group: 'dependencies', name: 'args', a: 'no digest content:YQ==', b: 'no digest content:Yg==' },
    ]);
  });

  it('differ in run and builder', () => {
    const run = { builder: { id: 'b', version: { ci: '2' } }, metadata: { invocationId: 'urn:1' } };
    const found = differences({ definition: { buildType: `${BUILD_TYPE}/x` }, run });
    assert.deepEqual(
      found.filter(({ group }) => group === 'builder' || group === 'run').map(({ name, b }) => [name, b]),
      [
        ['buildType', `${BUILD_TYPE}/x`],
        ['id', 'b'],
        ['version', '{"ci":"2"}'],
        ['finishedOn', null],
        ['invocationId', 'urn:1'],
      ],
    );
  });

  it('have the same inputs whatever run, environment, outputs and version of the builder are', () => {
    const versioned = predicateOf().runDetails as { builder: object };
    const changes: readonly (readonly [Change, readonly [boolean, boolean], object?])[] = [
      [{ definition: { internalParameters: { host: 'a' } } }, [true, true]],
      [{ run: { ...versioned, metadata: { invocationId: 'urn:1' } } }, [true, true]],
      [{ run: { ...versioned, builder: { ...versioned.builder, version: { ci: '2' } } } }, [true, true]],
      [{}, [true, false], { subject: [LIB] }],
      [{ run: { builder: { id: 'other' } } }, [false, true]],
      [{ definition: { externalParameters: { ...PARAMETERS, source: 'git+https://x@y' } } }, [false, true]],
      [{ definition: { externalParameters: { ...PARAMETERS, trigger: 'tag' } } }, [false, true]],
      [{ definition: { resolvedDependencies: [] } }, [false, true]],
    ];
    for (const [change, expected, statement] of changes) {
      assert.deepEqual(
        summaryOf(compareBuilds(build(), build(change, statement))),
        expected,
        JSON.stringify(change),
      );
    }
  });

  it('cannot be compared when one of them is no provenance', () => {
    const other = build({}, { predicateType: 'https://spdx.dev/Document' });
    assert.throws(() => compareBuilds(build(), other), { name: 'MalformedError' });
  });
});
