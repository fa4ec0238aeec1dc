import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseProvenance, PROVENANCE_V1 } from 'in-toto-attestation';
import type { Expectations } from '../src/index.ts';
import { readBuild } from '../src/profiles.ts';
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

describe('builds of other platforms', () => {
  const REPOSITORY = 'https://git.example.com/shop/app';
  const gitCommit = { gitCommit: COMMIT };
  const cases: Record<
    string,
    { definition: object; at: string; expect: Partial<Expectations>; setByTenant: string }
  > = {
    "GitLab's attestations": {
      definition: {
        buildType: 'https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1',
        externalParameters: { source: REPOSITORY, entryPoint: 'build', variables: { CHANNEL: 'stable' } },
        resolvedDependencies: [{ uri: REPOSITORY, digest: gitCommit }],
      },
      at: '/source',
      expect: { sourceUri: REPOSITORY, sourceCommit: COMMIT, parameters: { CHANNEL: 'stable' } },
      setByTenant: '/variables/CHANNEL',
    },
    "GitLab's runner": {
      definition: {
        buildType: 'https://gitlab.com/gitlab-org/gitlab-runner/-/blob/v18.4.0/PROVENANCE.md',
        externalParameters: { source: REPOSITORY, entryPoint: 'build', variables: { CHANNEL: 'stable' } },
        resolvedDependencies: [{ uri: `git+${REPOSITORY}`, digest: gitCommit }],
      },
      at: '/source',
      expect: { sourceUri: REPOSITORY, sourceCommit: COMMIT, parameters: { CHANNEL: 'stable' } },
      setByTenant: '/variables/CHANNEL',
    },
    'Google Cloud Build, whose configuration is in the repository it builds': {
      definition: {
        buildType: 'https://cloud.google.com/build/gcb-buildtypes/google-worker/v1',
        externalParameters: {
          buildConfigSource: { repository: SOURCE_URI, ref: SOURCE_REF, path: 'cloudbuild.yaml' },
          substitutions: { _CHANNEL: 'stable' },
        },
        resolvedDependencies: [{ uri: SOURCE_URI, digest: gitCommit }],
      },
      at: '/buildConfigSource/repository',
      expect: { ...SOURCE, parameters: { _CHANNEL: 'stable' } },
      setByTenant: '/substitutions/_CHANNEL',
    },
    'Google Cloud Build, whose configuration is elsewhere': {
      definition: {
        buildType: 'https://cloud.google.com/build/gcb-buildtypes/google-worker/v1',
        externalParameters: {
          buildConfigSource: { repository: 'git+https://git.example.com/shop/config', ref: 'refs/heads/x' },
          sourceToBuild: { repository: SOURCE_URI, ref: SOURCE_REF },
          substitutions: { _CHANNEL: 'stable' },
        },
        resolvedDependencies: [
          { uri: 'git+https://git.example.com/shop/config', digest: { gitCommit: 'b'.repeat(40) } },
          { uri: `${SOURCE_URI}@${SOURCE_REF}`, digest: gitCommit },
        ],
      },
      at: '/sourceToBuild/repository',
      expect: { ...SOURCE, parameters: { _CHANNEL: 'stable' } },
      setByTenant: '/substitutions/_CHANNEL',
    },
    BuildKit: {
      definition: {
        buildType: 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md',
        externalParameters: {
          configSource: { uri: `${REPOSITORY}.git#refs/tags/v1:docker`, path: 'Dockerfile' },
          request: { frontend: 'dockerfile.v0', args: { target: 'release' } },
        },
        resolvedDependencies: [{ uri: `${REPOSITORY}.git#refs/tags/v1:docker`, digest: { sha1: COMMIT } }],
      },
      at: '/configSource/uri',
      expect: {
        sourceUri: `${REPOSITORY}.git`,
        sourceRef: 'refs/tags/v1',
        sourceCommit: COMMIT,
        parameters: { target: 'release' },
      },
      setByTenant: '/request/args/target',
    },
    "SLSA's container-based generator": {
      definition: {
        buildType: 'https://slsa.dev/container-based-build/v0.1?draft',
        externalParameters: { source: { uri: `${SOURCE_URI}@${SOURCE_REF}` }, configPath: 'build.toml' },
        resolvedDependencies: [{ uri: `${SOURCE_URI}@${SOURCE_REF}`, digest: { sha1: COMMIT } }],
      },
      at: '/source/uri',
      expect: { ...SOURCE, parameters: { configPath: 'build.toml' } },
      setByTenant: '/configPath',
    },
  };

  for (const [platform, { definition, at, expect, setByTenant }] of Object.entries(cases)) {
    const input = { files: built(definition), expect };

    it(`${platform}: source, commit and what a person may set are found where it keeps them`, () => {
      assert.deepEqual(failures(evaluate(input)), []);
      const parameters = '/predicate/buildDefinition/externalParameters';
      assert.equal(check('source.uri', input).pointer, parameters + at);
      assert.equal(
        check('source.commit', input).pointer?.startsWith('/predicate/buildDefinition/resolvedDependencies/'),
        true,
      );
      const wrong = { ...input, expect: { parameters: { [setByTenant.split('/').at(-1) ?? '']: 'other' } } };
      assert.equal(check('parameters', wrong).pointer, parameters + setByTenant);
    });

    it(`${platform}: another source and another commit are rejected`, () => {
      const others = { sourceUri: `${expect.sourceUri}2`, sourceCommit: 'd'.repeat(40) };
      assert.deepEqual(failures(evaluate({ ...input, expect: { ...expect, ...others } })), [
        'source.uri',
        'source.commit',
      ]);
    });
  }

  it('takes nothing for a version of GitLab runner that is not one', () => {
    for (const version of ['main', 'v18.4.0/evil', '18.4', '../x/v18.4.0']) {
      const buildType = `https://gitlab.com/gitlab-org/gitlab-runner/-/blob/${version}/PROVENANCE.md`;
      const files = built({ buildType, externalParameters: { source: REPOSITORY } });
      assert.deepEqual(failures(evaluate({ files, expect: { sourceUri: REPOSITORY } })), ['source.uri']);
    }
  });

  it('says that BuildKit names no source for a build from a local directory, or one that splits in two ways', () => {
    const buildType = 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md';
    for (const uri of [undefined, '', 7, `${REPOSITORY}#refs/tags/v1#refs/tags/v2`]) {
      const files = built({ buildType, externalParameters: { configSource: { uri }, request: {} } });
      assert.deepEqual(failures(evaluate({ files, expect: { sourceUri: REPOSITORY } })), ['source.uri']);
    }
  });

  it('reads BuildKit v0.2 by its configSource', () => {
    const invocation = {
      configSource: { uri: `${REPOSITORY}.git#refs/heads/main`, digest: { sha1: COMMIT } },
      parameters: { frontend: 'dockerfile.v0', args: { target: 'release' } },
    };
    const statement = statementV02Of({ buildType: 'https://mobyproject.org/buildkit@v1', invocation });
    const expect = {
      sourceUri: `${REPOSITORY}.git`,
      sourceRef: SOURCE_REF,
      sourceCommit: COMMIT,
      parameters: { target: 'release' },
    };
    assert.deepEqual(failures(evaluate({ files: [signed(statement)], expect })), []);
  });

  it('takes no other repository for the one that Cloud Build was told to build', () => {
    const buildType = 'https://cloud.google.com/build/gcb-buildtypes/google-worker/v1';
    const buildConfigSource = { repository: SOURCE_URI, ref: SOURCE_REF };
    for (const sourceToBuild of [{}, null, { ref: SOURCE_REF }, { repository: 7 }]) {
      const files = built({ buildType, externalParameters: { buildConfigSource, sourceToBuild } });
      assert.deepEqual(failures(evaluate({ files, expect: { sourceUri: SOURCE_URI } })), ['source.uri']);
    }
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

describe('Tekton Chains', () => {
  const tekton = (...reported: object[]): Uint8Array[] =>
    built({
      buildType: 'https://tekton.dev/chains/v2/slsa',
      externalParameters: { runSpec: { taskRef: { name: 'build' } } },
      resolvedDependencies: [
        { uri: 'oci://example.com/golang', digest: { sha256: 'a'.repeat(64) } },
        ...reported,
      ],
    });
  const report = (uri: string): object => ({ name: 'inputs/result', uri, digest: { sha1: COMMIT } });
  const expect = { sourceUri: SOURCE_URI, sourceCommit: COMMIT, allowParameters: ['/runSpec'] };

  it('finds the repository that a task reported, and its commit', () => {
    assert.equal(evaluate({ files: tekton(report(SOURCE_URI)), expect }).verdict, 'accepted');
    assert.equal(evaluate({ files: tekton(report(`${SOURCE_URI}2`)), expect }).verdict, 'rejected');
    assert.equal(
      evaluate({ files: tekton(report(SOURCE_URI)), expect: { ...expect, sourceCommit: 'b'.repeat(40) } })
        .verdict,
      'rejected',
    );
  });

  it('finds none where no task reported one, or two were reported', () => {
    assert.equal(evaluate({ files: tekton(), expect }).verdict, 'rejected');
    for (const other of [{ name: 'inputs/other' }, { uri: SOURCE_URI.replace('git+', '') }]) {
      const files = tekton({ ...report(SOURCE_URI), ...other });
      assert.equal(evaluate({ files, expect }).verdict, 'rejected');
      assert.equal(
        evaluate({ files: tekton({ ...report(`${SOURCE_URI}2`), ...other }, report(SOURCE_URI)), expect })
          .verdict,
        'accepted',
      );
    }
    const two = tekton(report(SOURCE_URI), report(`${SOURCE_URI}2`));
    assert.equal(evaluate({ files: two, expect }).verdict, 'rejected');
  });
});

describe('a source that is not there', () => {
  const sourceOf = (buildType: string, externalParameters: object): unknown => {
    const predicate = { ...predicateOf({ definition: { buildType, externalParameters } }) };
    return readBuild(parseProvenance(PROVENANCE_V1, predicate)).source;
  };

  it('is told from one that cannot be read', () => {
    for (const source of [undefined, null]) {
      const claims = sourceOf(BUILD_TYPE, { pipeline: 'x', ...(source === undefined ? {} : { source }) });
      assert.ok(typeof claims === 'object' && claims !== null && 'uri' in claims && claims.uri === undefined);
    }
    assert.equal(sourceOf(BUILD_TYPE, { source: 7 }), 'the source is not a text');
  });

  it('may be an empty text where Docker writes one', () => {
    const type = 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md';
    for (const uri of [undefined, null, '']) {
      const claims = sourceOf(type, {
        request: {},
        configSource: uri === undefined ? { path: 'x' } : { uri },
      });
      assert.ok(typeof claims === 'object' && claims !== null && 'uri' in claims && claims.uri === undefined);
    }
    assert.equal(sourceOf(type, { configSource: { uri: 7 } }), 'the source is not a text');
  });
});
