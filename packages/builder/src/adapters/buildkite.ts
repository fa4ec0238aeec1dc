import { withDefined, type JsonValue } from 'in-toto-attestation';
import type { Step, Trigger } from '../job-record.ts';
import type { JobFacts } from './facts.ts';
import { branchRef, gitUri, sourceOf, tagRef } from './git.ts';
import { EnvironmentReader, EventReader, withoutEmpty, type Environment } from './reading.ts';
import { endOf } from './status.ts';

const PLATFORM = 'buildkite';

const KINDS: ReadonlyMap<string, string> = new Map([
  ['webhook', 'push'],
  ['ui', 'manual'],
  ['trigger_job', 'pipeline'],
]);

/** A job by its environment variables (buildkite.com/docs, "Environment variables"). */
export function describeBuildkiteEnvironment(environment: Environment): JobFacts {
  const env = new EnvironmentReader(PLATFORM, environment);
  const job = env.need('BUILDKITE_JOB_ID');
  const isPullRequest = (env.get('BUILDKITE_PULL_REQUEST') ?? 'false') !== 'false';
  const tag = env.get('BUILDKITE_TAG');
  const uri = gitUri(env.need('BUILDKITE_REPO'));
  const compute = env.get('BUILDKITE_COMPUTE_TYPE');
  return {
    id: job,
    attempt: (env.getCount('BUILDKITE_RETRY_COUNT') ?? 0) + 1,
    uri: `urn:uuid:${job}`,
    pipeline: env.need('BUILDKITE_PIPELINE_SLUG'),
    status: 'running',
    source:
      uri === undefined
        ? undefined
        : sourceOf(
            uri,
            env.need('BUILDKITE_COMMIT'),
            // The branch of a pull request may be one of another repository.
            tagRef(tag) ?? (isPullRequest ? undefined : branchRef(env.get('BUILDKITE_BRANCH'))),
          ),
    trigger: triggerOf(env.get('BUILDKITE_SOURCE'), tag, isPullRequest, env.get('BUILDKITE_BUILD_CREATOR')),
    builder: builderOf(env.need('BUILDKITE_BUILD_URL')),
    runner: compute === 'hosted' || compute === 'self-hosted' ? compute : 'unknown-runner',
  };
}

function triggerOf(
  source: string | undefined,
  tag: string | undefined,
  isPullRequest: boolean,
  actor: string | undefined,
): Trigger | undefined {
  if (source === undefined) return undefined;
  const pushed = isPullRequest ? 'pull-request' : tag === undefined ? 'push' : 'tag';
  const kind = source === 'webhook' ? pushed : (KINDS.get(source) ?? source);
  return { kind, ...(actor === undefined ? {} : { actor }) };
}

/** The pipeline's page: `https://buildkite.com/ORGANIZATION/PIPELINE`. */
function builderOf(build: string): string {
  return build.replace(/\/builds\/[^/]*$/, '');
}

/** A build by its API object (buildkite.com/docs, "Builds API", a build). */
export function describeBuildkiteEvent(value: JsonValue): JobFacts {
  const build = new EventReader(PLATFORM, value);
  const uri = build.need('/web_url');
  const remote = gitUri(build.need('/pipeline/repository'));
  const isPullRequest = build.getId('/pull_request/id') !== undefined;
  const tag = build.get('/tag');
  return {
    id: build.needId('/id'),
    attempt: 1, // a rebuild is another build
    uri,
    pipeline: build.need('/pipeline/slug'),
    status: endOf(build, '/state', {
      succeeded: ['passed'],
      failed: ['failed', 'not_run'],
      canceled: ['canceled'],
    }),
    source:
      remote === undefined
        ? undefined
        : sourceOf(
            remote,
            build.need('/commit'),
            tagRef(tag) ?? (isPullRequest ? undefined : branchRef(build.get('/branch'))),
          ),
    trigger: triggerOf(build.get('/source'), tag, isPullRequest, build.get('/creator/name')),
    parameters: withoutEmpty({
      ...withDefined<Record<string, JsonValue>>(
        {},
        {
          env: withoutEmpty(build.getObject('/env')),
          meta_data: withoutEmpty(build.getObject('/meta_data')),
        },
      ),
    }),
    steps: describeSteps(build),
    builder: builderOf(uri),
    runner: 'unknown-runner',
    startedOn: build.get('/started_at'),
    finishedOn: build.get('/finished_at'),
    // The command of a job can come from a pipeline file that the build itself uploaded.
  };
}

/** Jobs that ran a command, each by its name and, where a name stands twice, its id. */
function describeSteps(build: EventReader): Step[] {
  const jobs = build.list('/jobs').filter((job) => job.get('/type') === 'script' && job.has('/started_at'));
  const names = jobs.map((job) => job.get('/name') ?? job.get('/step_key') ?? job.needId('/id'));
  return jobs.map((job, index) => {
    const name = names[index] ?? '';
    const isOnly = names.filter((other) => other === name).length === 1;
    const command = job.get('/command');
    const exitCode = job.getNumber('/exit_status');
    // A job may fail softly in a build that passes; the record's exit codes are those that count.
    const counts = build.get('/state') !== 'passed' || exitCode === 0;
    return withDefined<Step>(
      { name: isOnly ? name : `${name} (${job.needId('/id')})` },
      {
        command: command === undefined ? undefined : [command],
        startedOn: job.get('/started_at'),
        finishedOn: job.get('/finished_at'),
        exitCode: counts ? exitCode : undefined,
        annotations: counts || exitCode === undefined ? undefined : { softFailedWith: exitCode },
      },
    );
  });
}
