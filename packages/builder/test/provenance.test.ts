import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  LIMITS,
  PROVENANCE_V1,
  STATEMENT_V1,
  encodeStatement,
  parseProvenance,
  parseStatement,
  type DigestSet,
  type Provenance,
} from 'in-toto-attestation';
import { BUILD_TYPE, JobError, buildProvenance, type JobOutputs, type JobRecord } from '@danube/builder';
import { draft, example, type Draft } from './example.ts';

const sha256 = (digit: string): DigestSet => ({ sha256: digit.repeat(64) });

const OUTPUTS: JobOutputs = {
  artifacts: [
    { name: 'static/app.js', digest: sha256('1') },
    { name: 'frontend-1.2.0.tar.gz', digest: sha256('2') },
  ],
  logs: new Map([
    ['install', sha256('3')],
    ['build', sha256('4')],
  ]),
  egressPolicy: sha256('5'),
};

function provenanceOf(record: JobRecord, outputs: JobOutputs = OUTPUTS): Provenance {
  const { predicateType, predicate } = parseStatement(encodeStatement(buildProvenance(record, outputs)));
  return parseProvenance(predicateType, predicate);
}

function text(record: JobRecord, outputs: JobOutputs = OUTPUTS): string {
  return new TextDecoder().decode(encodeStatement(buildProvenance(record, outputs)));
}

function stateDigests(record: Draft): void {
  record.steps[0].log = { uri: 'https://danube.example.com/logs/1', digest: sha256('a') };
  record.environment.isolation.egressPolicy = { name: 'p', digest: sha256('b') };
}

function textWithInputs(inputs: readonly Draft[]): string {
  return text(example('full', (record) => (record.inputs = inputs)));
}

describe('buildProvenance', () => {
  it('writes a statement v1 about provenance v1 and no field that in-toto does not know', () => {
    const { unknownFields, ...statement } = parseStatement(
      encodeStatement(buildProvenance(example('full'), OUTPUTS)),
    );
    assert.equal(unknownFields, undefined);
    assert.equal(statement._type, STATEMENT_V1);
    assert.equal(statement.predicateType, PROVENANCE_V1);
    assert.deepEqual(Object.keys(statement), ['_type', 'subject', 'predicateType', 'predicate']);
    for (const subject of statement.subject) assert.deepEqual(Object.keys(subject), ['name', 'digest']);
  });

  describe('the mapping', () => {
    it('puts what a tenant controls into externalParameters, and nothing else', () => {
      const { buildType, externalParameters } = provenanceOf(example('full')).buildDefinition;
      assert.equal(buildType, BUILD_TYPE);
      assert.deepEqual(externalParameters, {
        pipeline: 'frontend-build',
        source: 'git+https://github.com/acme/frontend@refs/heads/main',
        trigger: 'push',
        parameters: { environment: 'production', minify: true, targets: ['es2024', 'es2020'] },
      });
    });

    it("writes another platform's build type, with its parameters and nothing added to them", () => {
      const record = example('full', (r) => {
        r.definition = {
          buildType: 'https://example.com/build/v1',
          externalParameters: { runSpec: { b: 1, a: 2 } },
          internalParameters: { flags: true },
        };
      });
      const { buildType, externalParameters, internalParameters, resolvedDependencies } =
        provenanceOf(record).buildDefinition;
      assert.equal(buildType, 'https://example.com/build/v1');
      assert.deepEqual(externalParameters, { runSpec: { a: 2, b: 1 } });
      assert.deepEqual(Object.keys(internalParameters ?? {}), [
        'flags',
        'danube_environment',
        'danube_status',
        'danube_vouching',
      ]);
      assert.equal(resolvedDependencies?.[0]?.uri, 'git+https://github.com/acme/frontend@refs/heads/main');
    });

    it('leaves out what the record does not say', () => {
      const record = example('minimal', (r) => {
        for (const field of ['trigger', 'startedOn', 'finishedOn']) delete r[field];
        delete r.source.ref;
        r.steps = [{ name: 'build' }];
      });
      const { buildDefinition, runDetails } = provenanceOf(record, { artifacts: OUTPUTS.artifacts });
      assert.deepEqual(buildDefinition.externalParameters, {
        pipeline: 'frontend-build',
        source: 'git+https://github.com/acme/frontend',
      });
      assert.equal(runDetails.metadata?.startedOn, undefined);
      assert.deepEqual(runDetails.byproducts?.[0]?.annotations, { name: 'build' });
    });

    it('has external parameters even where the tenant could set none', () => {
      for (const parameters of [undefined, {}]) {
        const record = example('minimal', (r) =>
          Object.assign(r, parameters === undefined ? {} : { parameters }),
        );
        const { externalParameters } = provenanceOf(record, { artifacts: OUTPUTS.artifacts }).buildDefinition;
        assert.deepEqual(Object.keys(externalParameters), ['pipeline', 'source', 'trigger']);
      }
    });

    it('puts what the control plane decided into internalParameters, under other names', () => {
      const { externalParameters, internalParameters = {} } = provenanceOf(example('full')).buildDefinition;
      assert.deepEqual(Object.keys(internalParameters), [
        'actor',
        'attempt',
        'isolation',
        'resources',
        'workerImage',
      ]);
      assert.deepEqual(internalParameters['isolation'], {
        namespace: 'danube-jobs',
        pod: 'job-abc123-2',
        podUid: '3f6c1a52-9f4e-4d3b-8a27-5e1d0c9b7f60',
        podLabels: { 'danube.dev/job': 'abc123' },
        ephemeral: true,
        deletedOn: '2026-01-10T12:36:01Z',
        security: {
          allowPrivilegeEscalation: false,
          hostIPC: false,
          hostNetwork: false,
          hostPID: false,
          hostPath: false,
          privileged: false,
          runAsNonRoot: true,
          runAsUser: 1000,
        },
        egressPolicy: { name: 'egress-allowlist', digest: sha256('5') },
      });
      for (const name of Object.keys(externalParameters)) assert.ok(!Object.hasOwn(internalParameters, name));
    });

    it('lists the source first, then definition, images and inputs, each once and with digest', () => {
      const { resolvedDependencies = [] } = provenanceOf(example('full')).buildDefinition;
      assert.deepEqual(
        resolvedDependencies.map(({ uri, digest = {} }) => [uri?.split('@')[0], Object.keys(digest)]),
        [
          ['git+https://github.com/acme/frontend', ['gitCommit']],
          ['git+https://github.com/acme/blueprint', ['gitCommit']],
          ['pkg:npm/left-pad', ['sha512']],
          ['pkg:oci/node', ['sha256']],
        ],
      );
      assert.deepEqual(resolvedDependencies[0], {
        uri: 'git+https://github.com/acme/frontend@refs/heads/main',
        digest: { gitCommit: '9c5a3a8f0c1f4f8b6a7d2e1c0b9a8f7e6d5c4b3a' },
      });
    });

    it('lists two images of one name apart when their digests differ', () => {
      const record = example('full', (r) => (r.steps[1].image.digest.sha256 = 'a'.repeat(64)));
      const { resolvedDependencies = [] } = provenanceOf(record).buildDefinition;
      assert.equal(resolvedDependencies.filter(({ uri }) => uri?.startsWith('pkg:oci/node')).length, 2);
    });

    it('names builder, its version and what it was made of', () => {
      const { builder } = provenanceOf(example('full')).runDetails;
      assert.equal(builder.id, 'https://danube.example.com/builders/pods/v1');
      assert.deepEqual(builder.version, { danube: '0.9.0', k3s: '1.32.1' });
      assert.deepEqual(
        builder.builderDependencies?.map(({ name }) => name),
        ['registry.danube-system/danube/coordinator:0.9.0'],
      );
    });

    it('writes the run by its URI, with times in UTC and its status', () => {
      assert.deepEqual(provenanceOf(example('full')).runDetails.metadata, {
        invocationId: 'https://danube.example.com/jobs/abc123/attempts/2',
        startedOn: '2026-01-10T12:34:56Z',
        finishedOn: '2026-01-10T12:36:02Z',
        unknownFields: {
          danube_status: 'succeeded',
          danube_vouching: {
            controlPlane: [''],
            tenant: [
              '/buildDefinition/externalParameters/parameters',
              '/buildDefinition/resolvedDependencies/2',
            ],
          },
        },
      });
    });

    it('writes one byproduct a step, in order', () => {
      const { byproducts = [] } = provenanceOf(example('full')).runDetails;
      assert.equal(byproducts.length, 2);
      assert.deepEqual(byproducts[0], {
        name: 'logs/install.txt',
        uri: 'https://danube.example.com/jobs/abc123/attempts/2/logs/install',
        digest: sha256('3'),
        annotations: {
          name: 'install',
          image: `docker.io/library/node:24-slim@sha256:${example('full').steps[0]!.image!.digest.sha256}`,
          command: ['npm', 'ci'],
          exitCode: 0,
          startedOn: '2026-01-10T12:35:01.204918Z',
          finishedOn: '2026-01-10T12:35:20.5Z',
          resources: { cpu: '2', memory: '4Gi' },
        },
      });
    });

    it('names a step without log as a part of the run', () => {
      const record = example('full', (r) => {
        r.steps[0].name = 'install & check';
        delete r.steps[0].log;
      });
      const { byproducts = [] } = provenanceOf(record, OUTPUTS).runDetails;
      assert.equal(
        byproducts[0]?.uri,
        'https://danube.example.com/jobs/abc123/attempts/2#step=install%20%26%20check',
      );
      assert.equal(byproducts[0]?.digest, undefined);
    });

    it('writes only names of its own with an underscore, and only inside the predicate', () => {
      const names = [...text(example('full')).matchAll(/"([A-Za-z]+_[A-Za-z]+)":/g)].map(([, name]) => name);
      assert.deepEqual(names, ['danube_status', 'danube_vouching']);
    });
  });

  describe('digests that the record states', () => {
    it('are written where the builder hashed nothing', () => {
      const { buildDefinition, runDetails } = provenanceOf(example('full', stateDigests), {
        artifacts: OUTPUTS.artifacts,
        logs: new Map([['build', sha256('4')]]),
      });
      assert.deepEqual(runDetails.byproducts?.[0]?.digest, sha256('a'));
      assert.match(
        JSON.stringify(buildDefinition.internalParameters),
        /"egressPolicy":\{"name":"p","digest":\{"sha256":"b/,
      );
    });

    it('rejects a log file whose digest nobody gives', () => {
      assert.throws(() => buildProvenance(example('full'), { ...OUTPUTS, logs: new Map() }), {
        code: 'ERR_JOB_OUTPUT',
        pointer: '/steps/0/log/path',
      });
    });

    it('rejects a policy file whose digest nobody gives', () => {
      const { artifacts, logs = new Map() } = OUTPUTS;
      assert.throws(() => buildProvenance(example('full'), { artifacts, logs }), {
        code: 'ERR_JOB_OUTPUT',
        pointer: '/environment/isolation/egressPolicy/path',
      });
    });
  });

  describe('subjects', () => {
    it('are files, layouts and images, sorted by name', () => {
      const { subject } = buildProvenance(example('full'), OUTPUTS);
      assert.deepEqual(
        subject.map(({ name }) => name),
        ['frontend-1.2.0.tar.gz', 'registry.danube-system/acme/frontend:1.2.0', 'static/app.js'],
      );
      assert.deepEqual(subject[1]?.digest, { sha256: example('full').artifacts.images?.[0]?.digest.sha256 });
    });

    it('keep every digest that was taken', () => {
      const digest = { sha512: 'a'.repeat(128), sha256: 'b'.repeat(64) };
      const { subject } = buildProvenance(example('minimal'), { artifacts: [{ name: 'a', digest }] });
      assert.deepEqual(Object.entries(subject[0]?.digest ?? {}), [
        ['sha256', 'b'.repeat(64)],
        ['sha512', 'a'.repeat(128)],
      ]);
    });

    it('rejects a job that made nothing', () => {
      assert.throws(() => buildProvenance(example('minimal'), { artifacts: [] }), {
        code: 'ERR_JOB_OUTPUT',
        pointer: '/artifacts',
      });
    });

    it('rejects two artifacts of one name', () => {
      const artifacts = [
        { name: 'a', digest: sha256('1') },
        { name: 'b', digest: sha256('2') },
        { name: 'a', digest: sha256('1') },
      ];
      assert.throws(() => buildProvenance(example('minimal'), { artifacts }), { code: 'ERR_JOB_OUTPUT' });
    });

    it('rejects a file that is called like an image', () => {
      const artifacts = [{ name: 'registry.danube-system/acme/frontend:1.2.0', digest: sha256('1') }];
      assert.throws(() => buildProvenance(example('full'), { ...OUTPUTS, artifacts }), {
        code: 'ERR_JOB_OUTPUT',
      });
    });

    it('rejects more artifacts than a statement holds', () => {
      const artifacts = Array.from({ length: LIMITS.subjects + 1 }, (_, index) => ({
        name: `${index}`,
        digest: sha256('1'),
      }));
      assert.throws(() => buildProvenance(example('minimal'), { artifacts }), { code: 'ERR_JOB_OUTPUT' });
      assert.ok(buildProvenance(example('minimal'), { artifacts: artifacts.slice(1) }));
    });
  });

  describe('a job that did not succeed', () => {
    for (const status of ['failed', 'canceled', 'timed-out']) {
      it(`gets no provenance when it ${status}`, () => {
        assert.throws(
          () =>
            buildProvenance(
              example('full', (r) => (r.status = status)),
              OUTPUTS,
            ),
          (error) =>
            error instanceof JobError && error.code === 'ERR_JOB_FAILED' && error.pointer === '/status',
        );
      });

      it(`gets provenance that says ${status} where that is allowed`, () => {
        const record = example('full', (r) => (r.status = status));
        const statement = buildProvenance(record, OUTPUTS, { allowFailed: true });
        const { metadata } = parseProvenance(statement.predicateType, statement.predicate).runDetails;
        assert.equal(metadata?.unknownFields?.['danube_status'], status);
      });
    }
  });

  describe('the same facts', () => {
    it('give the same bytes in whatever order the record has them', () => {
      const shuffled = example('full', (r) => {
        r.parameters = { targets: r.parameters.targets, minify: true, environment: 'production' };
        r.builder = { version: { k3s: '1.32.1', danube: '0.9.0' }, id: r.builder.id };
        r.environment.resources = { memory: '8Gi', 'ephemeral-storage': '20Gi', cpu: '4' };
        r.inputs[0] = Object.fromEntries(Object.entries(r.inputs[0]).reverse());
        r.steps[0] = Object.fromEntries(Object.entries(r.steps[0]).reverse());
      });
      const artifacts = [...OUTPUTS.artifacts].reverse();
      assert.equal(text(shuffled, { ...OUTPUTS, artifacts }), text(example('full')));
    });

    it('give the same bytes in whatever order the inputs are', () => {
      const inputs = ['c', 'a', 'b'].map((name) => ({ name, digest: sha256('1') }));
      assert.equal(textWithInputs(inputs), textWithInputs([...inputs].reverse()));
      assert.equal(textWithInputs(inputs), textWithInputs([...inputs, inputs[0]]));
    });

    it('give the same bytes in whatever zone the times are', () => {
      const utc = example('full', (r) => {
        r.startedOn = '2026-01-10T12:34:56.000Z';
        r.steps[1].finishedOn = '2026-01-10T07:35:58.750-05:00';
      });
      assert.equal(text(utc), text(example('full')));
    });

    it('leave the record as it was', () => {
      const record = example('full');
      buildProvenance(record, OUTPUTS);
      assert.deepEqual(record, draft('full'));
    });
  });
});
