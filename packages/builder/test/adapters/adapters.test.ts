import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  encodeStatement,
  parseProvenance,
  parseStatement,
  type JsonObject,
  type Provenance,
} from 'in-toto-attestation';
import {
  buildProvenance,
  GITHUB_WORKFLOW_V1,
  JobError,
  JobRecordError,
  PLATFORMS,
  PlatformError,
  recordFromEnvironment,
  recordFromEvent,
  TEKTON_CHAINS_V2,
  type JobRecord,
  type Platform,
} from '@danube/builder';
import { COMMIT, ENVIRONMENTS, EVENTS, PIPELINE_RUN_LIST, TASK_RUN } from './platform-samples.ts';

type InEnvironment = keyof typeof ENVIRONMENTS;
const IN_ENVIRONMENT = Object.keys(ENVIRONMENTS).filter((name): name is InEnvironment =>
  Object.hasOwn(ENVIRONMENTS, name),
);
const OPTIONS = { builderId: undefined, artifacts: ['**'] };
const TEKTON = { builderId: 'https://tekton.example.com/prod' };
const OUTPUTS = { artifacts: [{ name: 'app.tgz', digest: { sha256: 'a'.repeat(64) } }] };

function inJob(platform: InEnvironment, changes: Record<string, string | undefined> = {}): JobRecord {
  return recordFromEnvironment(platform, { ...ENVIRONMENTS[platform], ...changes }, OPTIONS);
}

function fromEvent(platform: Platform, changes: JsonObject = {}): JobRecord {
  const options = platform === 'tekton' ? TEKTON : OPTIONS;
  return recordFromEvent(platform, { ...EVENTS[platform], ...changes }, options);
}

function provenanceOf(record: JobRecord): Provenance {
  const statement = buildProvenance(record, OUTPUTS, { allowRunning: record.status === 'running' });
  const { predicateType, predicate } = parseStatement(encodeStatement(statement));
  return parseProvenance(predicateType, predicate);
}

/** The error of the adapter, which must name the place. */
function assertRefused(place: string, describeJob: () => unknown): void {
  assert.throws(describeJob, (error) => {
    assert.ok(error instanceof PlatformError, String(error));
    assert.deepEqual([error.code, error.place], ['ERR_JOB_PLATFORM', place]);
    return true;
  });
}

describe('recordFromEnvironment', () => {
  const builders: Readonly<Record<InEnvironment, string>> = {
    'github-actions':
      'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/app@1.2.0#job-environment/hosted',
    'gitlab-ci': 'https://gitlab.example.com/acme/app/-/runners/42#job-environment/unknown-runner',
    jenkins: 'https://jenkins.example.com/#job-environment/self-hosted',
    buildkite: 'https://buildkite.com/acme/app#job-environment/self-hosted',
    circleci: 'https://circleci.com#job-environment/unknown-runner',
    'azure-pipelines': 'https://dev.azure.com/acme/Web%20Shop#job-environment/hosted',
  };
  const sources: Readonly<Record<InEnvironment, readonly [uri: string, ref: string]>> = {
    'github-actions': ['git+https://github.com/acme/app', 'refs/tags/app@1.2.0'],
    'gitlab-ci': ['git+https://gitlab.example.com/acme/app', 'refs/heads/main'],
    jenkins: ['git+ssh://git@git.example.com/acme/app.git', 'refs/heads/main'],
    buildkite: ['git+ssh://git@github.com/acme/app.git', 'refs/heads/main'],
    circleci: ['git+https://github.com/acme/app', 'refs/tags/v1.2.0'],
    'azure-pipelines': ['git+https://dev.azure.com/acme/Web%20Shop/_git/app', 'refs/heads/main'],
  };

  for (const platform of IN_ENVIRONMENT) {
    it(`describes a job of ${platform}, all of it as the tenant's, still running`, () => {
      const record = inJob(platform);
      const [uri, ref] = sources[platform];
      assert.deepEqual(record.source, { uri, ref, commit: COMMIT });
      assert.equal(record.builder.id, builders[platform]);
      assert.equal(record.status, 'running');
      assert.deepEqual(record.vouching, { tenant: [''] });
      assert.equal(record.finishedOn, undefined);
      const { buildDefinition, runDetails } = provenanceOf(record);
      const isOwn = record.definition === undefined;
      const extensions = isOwn ? runDetails.metadata?.unknownFields : buildDefinition.internalParameters;
      assert.equal(extensions?.['danube_status'], 'running');
      assert.deepEqual(extensions?.['danube_vouching'], { tenant: [''] });
      assert.throws(
        () => buildProvenance(record, OUTPUTS),
        (error) => error instanceof JobError && error.code === 'ERR_JOB_FAILED',
      );
    });

    it(`takes a builder id of the caller for ${platform}, and adds the mode to it`, () => {
      const { builder } = recordFromEnvironment(platform, ENVIRONMENTS[platform], TEKTON);
      assert.match(builder.id, /^https:\/\/tekton\.example\.com\/prod#job-environment\/[a-z-]+$/);
      assertRefused('', () =>
        recordFromEnvironment(platform, ENVIRONMENTS[platform], {
          builderId: 'https://a.example/#control-plane/hosted',
        }),
      );
    });

    it(`refuses an environment that is none of ${platform}`, () => {
      assert.throws(() => recordFromEnvironment(platform, {}), PlatformError);
    });
  }

  it('says nothing of a trigger, a time or a ref that the environment does not say', () => {
    const { trigger, startedOn, source } = inJob('jenkins', { BRANCH_NAME: undefined });
    assert.deepEqual([trigger, startedOn, source?.ref], [undefined, undefined, undefined]);
    assert.equal(inJob('jenkins', { CHANGE_ID: '7' }).source?.ref, undefined);
    assert.equal(inJob('buildkite', { BUILDKITE_PULL_REQUEST: '7' }).source?.ref, undefined);
    assert.equal(inJob('circleci', { CIRCLE_TAG: '', CIRCLE_BRANCH: 'pull/7' }).source?.ref, undefined);
    assert.equal(
      inJob('github-actions', { RUNNER_ENVIRONMENT: undefined }).builder.id.split('/').pop(),
      'unknown-runner',
    );
  });

  it('names what is missing', () => {
    assertRefused('GITHUB_SHA', () => inJob('github-actions', { GITHUB_SHA: '' }));
    assertRefused('GIT_URL', () => inJob('jenkins', { GIT_URL: undefined }));
    assertRefused('GITHUB_RUN_ATTEMPT', () => inJob('github-actions', { GITHUB_RUN_ATTEMPT: 'two' }));
    assertRefused('', () => recordFromEnvironment('tekton', {}));
    assertRefused('', () => recordFromEnvironment('danube', {}));
  });

  it('refuses a commit that is none, such as the HEAD of a Buildkite build', () => {
    assert.throws(
      () => inJob('buildkite', { BUILDKITE_COMMIT: 'HEAD' }),
      (error) => error instanceof JobRecordError && error.pointer === '/source/commit',
    );
  });

  it('takes another id of the job, and makes plain names of theirs', () => {
    assert.equal(inJob('jenkins').job.id, 'acme-app-main-17');
    assert.equal(inJob('github-actions').job.id, '1536140711-2-release');
    const { job } = recordFromEnvironment('jenkins', ENVIRONMENTS.jenkins, { jobId: 'linux-x64' });
    assert.equal(job.id, 'linux-x64');
  });

  it('tells that a job failed where the platform says so', () => {
    assert.equal(inJob('gitlab-ci', { CI_JOB_STATUS: 'failed' }).status, 'failed');
    assert.equal(inJob('azure-pipelines', { AGENT_JOBSTATUS: 'Canceled' }).status, 'canceled');
  });

  describe('for GitHub Actions', () => {
    it("writes GitHub's own build type, as GitHub's attestations have it", () => {
      const { buildDefinition, runDetails } = provenanceOf(inJob('github-actions'));
      assert.equal(buildDefinition.buildType, GITHUB_WORKFLOW_V1);
      assert.deepEqual(buildDefinition.externalParameters, {
        workflow: {
          path: '.github/workflows/release.yml',
          ref: 'refs/tags/app@1.2.0',
          repository: 'https://github.com/acme/app',
        },
      });
      assert.deepEqual(buildDefinition.internalParameters, {
        github: {
          event_name: 'push',
          repository_id: '1296269',
          repository_owner_id: '583231',
          runner_environment: 'github-hosted',
        },
        danube_status: 'running',
        danube_vouching: { tenant: [''] },
      });
      assert.deepEqual(runDetails.metadata?.unknownFields, undefined);
      assert.deepEqual(buildDefinition.resolvedDependencies, [
        { uri: 'git+https://github.com/acme/app@refs/tags/app@1.2.0', digest: { gitCommit: COMMIT } },
      ]);
      assert.equal(
        runDetails.metadata?.invocationId,
        'https://github.com/acme/app/actions/runs/1536140711/attempts/2',
      );
    });

    it('adds the inputs of a manual run, and writes pipeline/v1 where they are not known', () => {
      const env = { ...ENVIRONMENTS['github-actions'], GITHUB_EVENT_NAME: 'workflow_dispatch' };
      const known = recordFromEnvironment('github-actions', env, OPTIONS, {
        inputs: { channel: 'beta', empty: '' },
      });
      assert.deepEqual(known.definition?.externalParameters['inputs'], { channel: 'beta' });
      assert.equal(recordFromEnvironment('github-actions', env, OPTIONS).definition, undefined);
    });

    it('does not use the build type for events that it does not allow', () => {
      const record = inJob('github-actions', { GITHUB_EVENT_NAME: 'pull_request' });
      assert.equal(record.definition, undefined);
      assert.equal(record.trigger?.kind, 'pull-request');
    });
  });
});

describe('recordFromEvent', () => {
  for (const platform of PLATFORMS) {
    it(`describes a job of ${platform} as its control plane saw it`, () => {
      const record = fromEvent(platform);
      assert.match(record.builder.id, /#control-plane\/(?:hosted|self-hosted|unknown-runner)$/);
      assert.deepEqual(record.vouching?.controlPlane, ['']);
      assert.ok(record.vouching?.tenant?.includes('/artifacts'));
      const { buildDefinition } = provenanceOf(record);
      assert.ok(JSON.stringify(buildDefinition.resolvedDependencies).includes(COMMIT));
      assert.doesNotMatch(JSON.stringify(record), /hunter2/);
    });

    it(`refuses a document that is none of ${platform}`, () => {
      assert.throws(() => recordFromEvent(platform, {}, TEKTON), /./);
      assert.throws(() => recordFromEvent(platform, 'hello', TEKTON), /./);
    });
  }

  it('says when jobs began and ended, and how', () => {
    for (const platform of [
      'gitlab-ci',
      'jenkins',
      'buildkite',
      'circleci',
      'azure-pipelines',
      'tekton',
    ] as const) {
      const { status, startedOn, finishedOn } = fromEvent(platform);
      assert.equal(status, 'succeeded', platform);
      assert.match(startedOn ?? '', /^2026-01-10T12:34:56/, platform);
      assert.match(finishedOn ?? '', /^2026-01-10T12:36:0/, platform);
    }
    assert.equal(fromEvent('gitlab-ci', { status: 'failed' }).status, 'failed');
    assert.equal(fromEvent('jenkins', { result: 'ABORTED' }).status, 'canceled');
  });

  it('refuses a job that still runs', () => {
    assertRefused('/status', () => fromEvent('gitlab-ci', { status: 'running' }));
    assertRefused('/result', () => fromEvent('jenkins', { result: null }));
    assertRefused('/state', () => fromEvent('buildkite', { state: 'running' }));
    assertRefused('/job/status', () =>
      fromEvent('circleci', { job: { id: 'x', name: 'b', status: 'running' } }),
    );
    const { status } = TASK_RUN;
    const running = { ...Object(status), conditions: [{ type: 'Succeeded', status: 'Unknown' }] };
    assertRefused('/status/conditions', () => fromEvent('tekton', { status: running }));
  });

  it('keeps refs and parameters that the platform knows', () => {
    assert.equal(fromEvent('gitlab-ci').source?.ref, 'refs/tags/v1.2.0');
    assert.equal(fromEvent('gitlab-ci').trigger?.kind, 'tag');
    assert.equal(
      fromEvent('gitlab-ci', { ref: 'refs/merge-requests/1/head', tag: false }).source?.ref,
      'refs/merge-requests/1/head',
    );
    assert.deepEqual(fromEvent('jenkins').parameters, { CHANNEL: 'stable' });
    assert.deepEqual(fromEvent('buildkite').parameters, { env: { CHANNEL: 'stable' } });
    assert.deepEqual(fromEvent('azure-pipelines').parameters, { channel: 'stable' });
    assert.deepEqual(fromEvent('azure-pipelines').trigger, {
      kind: 'pull-request',
      actor: 'sam@example.com',
    });
  });

  it('does not choose between two repositories that a Jenkins build checked out', () => {
    const other = {
      lastBuiltRevision: { SHA1: 'd'.repeat(40) },
      remoteUrls: ['https://git.example.com/acme/library.git'],
    };
    const { actions } = EVENTS.jenkins;
    assertRefused('/actions', () => fromEvent('jenkins', { actions: [...(actions as JsonObject[]), other] }));
  });

  it('takes the runners of gitlab.com alone for hosted ones', () => {
    assert.match(fromEvent('gitlab-ci').builder.id, /#control-plane\/hosted$/);
    const own = { web_url: 'https://gitlab.example.com/acme/app/-/jobs/8102' };
    assert.match(fromEvent('gitlab-ci', own).builder.id, /#control-plane\/self-hosted$/);
  });

  it('reads a GitHub run, whose API does not say whether it was a branch or a tag', () => {
    const run = {
      id: 1_536_140_711,
      name: 'Release',
      path: '.github/workflows/release.yml',
      head_branch: 'v1.2.0',
      head_sha: COMMIT,
      event: 'push',
      status: 'completed',
      conclusion: 'success',
      run_attempt: 1,
      run_started_at: '2026-01-10T12:34:56Z',
      repository: { id: 1_296_269, full_name: 'acme/app', html_url: 'https://github.com/acme/app' },
      triggering_actor: { login: 'sam' },
    };
    for (const event of [run, { action: 'completed', workflow_run: run }]) {
      const record = recordFromEvent('github-actions', event);
      assert.equal(record.definition, undefined);
      assert.deepEqual(record.source, { uri: 'git+https://github.com/acme/app', commit: COMMIT });
      assert.equal(record.status, 'succeeded');
    }
    assertRefused('/conclusion', () => recordFromEvent('github-actions', { ...run, conclusion: null }));
  });

  it('names the reusable workflow that ran the job by the claims of its token', () => {
    assert.equal(
      fromEvent('github-actions').builder.id,
      'https://github.com/acme/workflows/.github/workflows/build.yml@refs/heads/main#control-plane/self-hosted',
    );
  });

  describe('for Tekton', () => {
    it('writes what Tekton Chains writes', () => {
      const { buildDefinition } = provenanceOf(fromEvent('tekton'));
      assert.equal(buildDefinition.buildType, TEKTON_CHAINS_V2);
      assert.deepEqual(Object.keys(buildDefinition.externalParameters), ['buildConfigSource', 'runSpec']);
      assert.deepEqual(buildDefinition.externalParameters['buildConfigSource'], {
        path: 'build.yaml',
        ref: `sha1:${'b2'.repeat(20)}`,
        repository: 'git+https://git.example.com/acme/tasks',
      });
      const {
        danube_status: status,
        danube_vouching: vouching,
        ...own
      } = buildDefinition.internalParameters ?? {};
      assert.equal(status, 'succeeded');
      assert.ok(vouching);
      assert.deepEqual(own, {
        'tekton-pipelines-feature-flags': { enableAPIFields: 'stable', maxResultSize: 4096 },
      });
      assert.deepEqual(buildDefinition.resolvedDependencies, [
        {
          name: 'inputs/result',
          uri: 'git+https://git.example.com/acme/app.git',
          digest: { sha1: COMMIT },
        },
        { name: 'task', uri: 'git+https://git.example.com/acme/tasks', digest: { sha1: 'b2'.repeat(20) } },
        { uri: 'oci://docker.io/library/golang', digest: { sha256: 'a1'.repeat(32) } },
      ]);
    });

    it('takes images from results, and says that the task supplied them as it did its source', () => {
      const record = fromEvent('tekton');
      assert.deepEqual(record.artifacts.images, [
        { name: 'registry.example.com/acme/app', tag: '1.2.0', digest: { sha256: 'c3'.repeat(32) } },
      ]);
      assert.deepEqual(record.vouching?.tenant, ['/artifacts', '/inputs/2']);
      assert.equal(record.inputs?.[2]?.name, 'inputs/result');
    });

    it('does not take a step that was allowed to fail for a failure of the run', () => {
      const { steps } = fromEvent('tekton');
      assert.deepEqual(steps[0]?.command, ['go', 'build', './...']);
      assert.deepEqual([steps[0]?.exitCode, steps[1]?.exitCode], [0, undefined]);
      assert.equal(steps[1]?.annotations?.['continuedAfter'], 3);
    });

    it('reads a PipelineRun with its TaskRuns', () => {
      const record = recordFromEvent('tekton', PIPELINE_RUN_LIST, TEKTON);
      assert.equal(record.pipeline.name, 'release');
      assert.deepEqual(
        record.steps.map(({ name }) => name),
        ['build/build', 'build/lint'],
      );
      assert.deepEqual(
        record.inputs?.map(({ name, uri }) => name ?? uri),
        ['pipelineTask', 'oci://docker.io/library/golang'],
      );
      assert.equal(record.artifacts.images?.[0]?.name, 'registry.example.com/acme/app');
      assertRefused('/items', () => recordFromEvent('tekton', { kind: 'List', items: [TASK_RUN] }, TEKTON));
    });

    it('needs a builder id', () => {
      assertRefused('', () => recordFromEvent('tekton', TASK_RUN));
    });
  });
});
