import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  type JsonObject,
  PROVENANCE_V02,
  type Provenance,
  encodeProvenance,
  parseProvenance,
} from '../src/index.ts';
import { COMMIT, SHA256, assertMalformed } from './documents.ts';

const old = {
  builder: { id: 'https://builder.example/v1' },
  buildType: 'https://builder.example/make/v1',
  invocation: {
    configSource: { uri: 'git+https://git.example/app', digest: { sha1: COMMIT }, entryPoint: 'build.yml' },
    parameters: { target: 'all' },
    environment: { arch: 'amd64' },
  },
  buildConfig: { steps: [] },
  metadata: {
    buildInvocationId: 'run-1',
    buildStartedOn: '2022-01-01T00:00:00Z',
    buildFinishedOn: '2022-01-01T00:01:00Z',
    completeness: { parameters: true },
    reproducible: false,
  },
  materials: [{ uri: 'pkg:deb/gcc', digest: { sha256: SHA256 } }],
};

function parse(predicate: object): Provenance {
  return parseProvenance(PROVENANCE_V02, predicate as JsonObject);
}

describe('provenance v0.2', () => {
  it('is read in the shape of v1, by "Migrating from 0.2"', () => {
    const { source, ...read } = parse(old);
    assert.deepEqual(read, {
      version: '0.2',
      buildDefinition: {
        buildType: old.buildType,
        externalParameters: { target: 'all', source: 'git+https://git.example/app', entryPoint: 'build.yml' },
        internalParameters: { arch: 'amd64' },
        resolvedDependencies: [
          ...old.materials,
          { uri: 'git+https://git.example/app', digest: { sha1: COMMIT } },
        ],
      },
      runDetails: {
        builder: old.builder,
        metadata: {
          invocationId: 'run-1',
          startedOn: '2022-01-01T00:00:00Z',
          finishedOn: '2022-01-01T00:01:00Z',
        },
      },
    });
    assert.deepEqual(source, old);
  });

  it('is written as v1', () => {
    const written = encodeProvenance(parse(old));
    assert.deepEqual(Object.keys(written), ['buildDefinition', 'runDetails']);
  });

  it('needs builder id and buildType alone', () => {
    const read = parse({ builder: { id: 'a:b' }, buildType: 'c:d' });
    assert.deepEqual(read.buildDefinition, { buildType: 'c:d', externalParameters: {} });
    assertMalformed(() => parse({ buildType: 'c:d' }), 'ERR_MISSING', '/predicate/builder');
    assertMalformed(() => parse({ builder: {}, buildType: 'c:d' }), 'ERR_MISSING', '/predicate/builder/id');
    assertMalformed(() => parse({ builder: { id: 'a:b' } }), 'ERR_MISSING', '/predicate/buildType');
  });

  it('reads an empty digest as none', () => {
    const configSource = { uri: 'git+https://git.example/app', digest: {} };
    const read = parse({ ...old, invocation: { configSource }, materials: [] });
    assert.deepEqual(read.buildDefinition.resolvedDependencies, [{ uri: configSource.uri }]);
  });

  it('rejects a parameter that takes the name of the source or the entry point', () => {
    for (const name of ['source', 'entryPoint']) {
      const invocation = { ...old.invocation, parameters: { [name]: 'git+https://evil.example/fork' } };
      assertMalformed(
        () => parse({ ...old, invocation }),
        'ERR_DUPLICATE',
        `/predicate/invocation/parameters/${name}`,
      );
    }
    const same = { ...old.invocation, parameters: { source: old.invocation.configSource.uri } };
    assert.equal(
      parse({ ...old, invocation: same }).buildDefinition.externalParameters['source'],
      same.parameters.source,
    );
  });

  it('rejects malformed parts with their pointer in v0.2', () => {
    const cases: readonly (readonly [object, string])[] = [
      [{ materials: [{ digest: { sha256: 'x' } }] }, '/predicate/materials/0/digest/sha256'],
      [
        { invocation: { configSource: { digest: { sha1: 'x' } } } },
        '/predicate/invocation/configSource/digest/sha1',
      ],
    ];
    for (const [change, pointer] of cases)
      assertMalformed(() => parse({ ...old, ...change }), 'ERR_HEX', pointer);
    const late = { metadata: { buildStartedOn: '2022-01-01' } };
    assertMalformed(() => parse({ ...old, ...late }), 'ERR_VALUE', '/predicate/metadata/buildStartedOn');
    assertMalformed(() => parse({ ...old, invocation: [] }), 'ERR_TYPE', '/predicate/invocation');
  });
});
