import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Expectations } from '../src/index.ts';
import {
  BUILDER_ID,
  BUILD_TYPE,
  COMMIT,
  SOURCE_REF,
  SOURCE_URI,
  check,
  evaluate,
  failures,
  predicateOf,
  signed,
  statementOf,
  statementV02Of,
} from './fixture.ts';

const SOURCE: Partial<Expectations> = { sourceUri: SOURCE_URI, sourceRef: SOURCE_REF, sourceCommit: COMMIT };

function built(definition: object): Uint8Array[] {
  return [signed(statementOf({ predicate: predicateOf({ definition }) }))];
}

describe('Danube pipeline v1', () => {
  it('finds the commit under the source with and without its ref', () => {
    for (const uri of [SOURCE_URI, `${SOURCE_URI}@${SOURCE_REF}`]) {
      const files = built({ resolvedDependencies: [{ uri, digest: { gitCommit: COMMIT } }] });
      assert.equal(evaluate({ files, expect: SOURCE }).verdict, 'accepted');
    }
  });

  for (const [what, resolvedDependencies] of [
    ['there are no dependencies', undefined],
    ['the dependency is another repository', [{ uri: `${SOURCE_URI}2`, digest: { gitCommit: COMMIT } }]],
    [
      'the dependency is another ref',
      [{ uri: `${SOURCE_URI}@refs/heads/other`, digest: { gitCommit: COMMIT } }],
    ],
    ['its digest is no commit', [{ uri: SOURCE_URI, digest: { sha1: COMMIT } }]],
    [
      'two entries disagree',
      [
        { uri: SOURCE_URI, digest: { gitCommit: COMMIT } },
        { uri: `${SOURCE_URI}@${SOURCE_REF}`, digest: { gitCommit: 'b'.repeat(40) } },
      ],
    ],
  ] as const) {
    it(`fails source.commit when ${what}`, () => {
      const files = built({ resolvedDependencies });
      assert.deepEqual(failures(evaluate({ files, expect: SOURCE })), ['source.commit']);
    });
  }

  it('fails every check of a source that is absent, not a text, or splits in two ways', () => {
    for (const source of [undefined, null, 7, {}, `${SOURCE_URI}@refs/heads/a@refs/heads/main`]) {
      const files = built({ externalParameters: { pipeline: 'release', source } });
      assert.deepEqual(failures(evaluate({ files, expect: SOURCE })), [
        'source.uri',
        'source.ref',
        'source.commit',
      ]);
    }
  });

  it('fails source.ref for a source without one', () => {
    const files = built({ externalParameters: { source: SOURCE_URI } });
    assert.deepEqual(
      failures(evaluate({ files, expect: { sourceUri: SOURCE_URI, sourceRef: SOURCE_REF } })),
      ['source.ref'],
    );
  });
});

describe('GitHub Actions workflow v1', () => {
  const workflow = {
    repository: 'https://github.com/shop/app',
    ref: SOURCE_REF,
    path: '.github/workflows/ci.yml',
  };
  const uri = 'git+https://github.com/shop/app@refs/heads/main';
  const expect = { ...SOURCE, sourceUri: workflow.repository };
  const TYPES = [
    'https://actions.github.io/buildtypes/workflow/v1',
    'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1',
  ];

  for (const buildType of TYPES) {
    it(`is read for ${buildType}`, () => {
      const resolvedDependencies = [{ uri, digest: { gitCommit: COMMIT } }];
      const files = built({
        buildType,
        externalParameters: { workflow, inputs: { version: '1' } },
        resolvedDependencies,
      });
      const input = { files, expect: { ...expect, parameters: { version: '1' } } };
      assert.equal(evaluate(input).verdict, 'accepted');
      const at = '/predicate/buildDefinition/externalParameters/workflow';
      assert.equal(check('source.uri', input).pointer, `${at}/repository`);
      assert.equal(check('source.ref', input).pointer, `${at}/ref`);
      assert.equal(check('parameters', input).actual, 'not named: /workflow/path');
    });
  }

  it('fails when the workflow names no repository', () => {
    const files = built({ buildType: TYPES[0], externalParameters: { workflow: { ref: SOURCE_REF } } });
    assert.deepEqual(failures(evaluate({ files, expect })), ['source.uri', 'source.ref', 'source.commit']);
  });

  it('fails source.ref when the workflow names none', () => {
    const files = built({
      buildType: TYPES[0],
      externalParameters: { workflow: { repository: workflow.repository } },
    });
    assert.deepEqual(
      failures(evaluate({ files, expect: { sourceUri: expect.sourceUri, sourceRef: SOURCE_REF } })),
      ['source.ref'],
    );
  });
});

describe('provenance v0.2', () => {
  it('is read whatever the build type, with pointers into what was signed', () => {
    const input = {
      files: [signed(statementV02Of())],
      expect: {
        ...SOURCE,
        builderId: BUILDER_ID,
        buildType: 'https://example.com/makefile/v1',
        parameters: { version: '1.2.0', entryPoint: 'release' },
        maxAgeSeconds: 3600,
        strict: true,
      },
    };
    assert.equal(evaluate(input).verdict, 'accepted');
    assert.equal(check('builder.id', input).pointer, '/predicate/builder/id');
    assert.equal(check('build.type', input).pointer, '/predicate/buildType');
    assert.equal(check('source.uri', input).pointer, '/predicate/invocation/configSource/uri');
    assert.equal(check('source.commit', input).pointer, '/predicate/invocation/configSource/digest/sha1');
    assert.equal(check('time.age', input).pointer, '/predicate/metadata/buildFinishedOn');
  });

  it('points to parameters and materials where v0.2 has them', () => {
    const materials = [{ uri: SOURCE_URI, digest: { gitCommit: COMMIT } }];
    const invocation = {
      configSource: { uri: SOURCE_URI, entryPoint: 'release' },
      parameters: { version: '1' },
    };
    const input = {
      files: [signed(statementV02Of({ materials, invocation }))],
      expect: { sourceUri: SOURCE_URI, sourceCommit: COMMIT, allowParameters: ['/source', 'entryPoint'] },
    };
    assert.equal(check('source.commit', input).pointer, '/predicate/materials/0/digest/gitCommit');
    assert.equal(check('parameters', input).pointer, '/predicate/invocation/parameters/version');
    const wrong = { ...input, expect: { parameters: { entryPoint: 'other' } } };
    assert.equal(check('parameters', wrong).pointer, '/predicate/invocation/configSource/entryPoint');
  });

  it("does not take a tenant's parameter called source for the source", () => {
    const source = `${SOURCE_URI}@${SOURCE_REF}`;
    for (const configSource of [undefined, {}, { uri: null }]) {
      const files = [signed(statementV02Of({ invocation: { configSource, parameters: { source } } }))];
      assert.deepEqual(failures(evaluate({ files, expect: { sourceUri: SOURCE_URI } })), ['source.uri']);
    }
  });

  it('knows nothing of a source when there is no invocation', () => {
    const files = [signed(statementV02Of({ invocation: undefined }))];
    assert.deepEqual(failures(evaluate({ files, expect: SOURCE })), [
      'source.uri',
      'source.ref',
      'source.commit',
    ]);
  });
});

describe('a build type that is not known', () => {
  const files = built({ buildType: `${BUILD_TYPE}x` });

  it('fails when a source is asked for, with the reason', () => {
    assert.deepEqual(failures(evaluate({ files, expect: SOURCE })), [
      'source.uri',
      'source.ref',
      'source.commit',
    ]);
    assert.match(check('source.uri', { files, expect: SOURCE }).actual ?? '', /is not known here$/);
  });

  it('compares builder, build type and external parameters by their names', () => {
    const expect = {
      builderId: BUILDER_ID,
      buildType: `${BUILD_TYPE}x`,
      parameters: { pipeline: 'release' },
    };
    assert.equal(evaluate({ files, expect }).verdict, 'accepted');
  });
});
