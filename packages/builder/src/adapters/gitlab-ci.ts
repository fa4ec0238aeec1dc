import { withDefined, type JsonValue } from 'in-toto-attestation';
import type { JobStatus } from '../job-record.ts';
import type { JobFacts } from './facts.ts';
import { branchRef, sourceOf, tagRef } from './git.ts';
import { EnvironmentReader, EventReader, type Environment } from './reading.ts';
import { endOf } from './status.ts';

const PLATFORM = 'gitlab-ci';

const KINDS: ReadonlyMap<string, string> = new Map([
  ['web', 'manual'],
  ['merge_request_event', 'pull-request'],
  ['external_pull_request_event', 'pull-request'],
  ['trigger', 'api'],
]);

/** A job by its predefined variables (docs.gitlab.com, "Predefined CI/CD variables reference"). */
export function describeGitlabEnvironment(environment: Environment): JobFacts {
  const env = new EnvironmentReader(PLATFORM, environment);
  const tag = env.get('CI_COMMIT_TAG');
  const project = env.need('CI_PROJECT_URL');
  const runner = env.get('CI_RUNNER_ID');
  return {
    id: env.need('CI_JOB_ID'),
    attempt: 1, // a job that is retried gets a new id
    uri: env.need('CI_JOB_URL'),
    pipeline: env.need('CI_JOB_NAME'),
    status: jobStatus(env.get('CI_JOB_STATUS')),
    source: sourceOf(
      `git+${project}`,
      env.need('CI_COMMIT_SHA'),
      tagRef(tag) ?? branchRef(env.get('CI_COMMIT_BRANCH')) ?? env.get('CI_MERGE_REQUEST_REF_PATH'),
    ),
    trigger: triggerOf(env.get('CI_PIPELINE_SOURCE'), tag !== undefined, env.get('GITLAB_USER_LOGIN')),
    builder: runner === undefined ? undefined : `${project}/-/runners/${runner}`,
    runner: 'unknown-runner',
    version: withDefined<Record<string, string>>(
      {},
      { gitlab: env.get('CI_SERVER_VERSION'), 'gitlab-runner': env.get('CI_RUNNER_VERSION') },
    ),
    startedOn: env.get('CI_JOB_STARTED_AT'),
  };
}

/** `CI_JOB_STATUS` says how it ends in `after_script`; before that it does not say that it will succeed. */
function jobStatus(status: string | undefined): JobStatus {
  if (status === 'failed') return 'failed';
  return status === 'canceled' ? 'canceled' : 'running';
}

function triggerOf(
  source: string | undefined,
  isTag: boolean,
  actor: string | undefined,
): JobFacts['trigger'] {
  if (source === undefined) return undefined;
  const kind = source === 'push' && isTag ? 'tag' : (KINDS.get(source) ?? source);
  return { kind, ...(actor === undefined ? {} : { actor }) };
}

const PATH = '/-/jobs/';

/** A job by its API object (docs.gitlab.com, "Jobs API", a single job). */
export function describeGitlabEvent(value: JsonValue): JobFacts {
  const job = new EventReader(PLATFORM, value);
  const uri = job.need('/web_url');
  const end = uri.lastIndexOf(PATH);
  if (end === -1) throw job.wrong('/web_url', 'the page of a job, with /-/jobs/ in it');
  const project = uri.slice(0, end);
  const runner = job.getId('/runner/id');
  const isTag = job.getFlag('/tag');
  return {
    id: job.needId('/id'),
    attempt: 1,
    uri,
    pipeline: job.need('/name'),
    status: endOf(job, '/status', { succeeded: ['success'], failed: ['failed'], canceled: ['canceled'] }),
    source: sourceOf(`git+${project}`, job.need('/commit/id'), refOf(job.get('/ref'), isTag)),
    trigger: triggerOf(job.get('/pipeline/source'), isTag === true, job.get('/user/username')),
    builder: runner === undefined ? undefined : `${project}/-/runners/${runner}`,
    runner: runnerOf(job, project),
    version: withDefined<Record<string, string>>({}, { 'gitlab-runner': job.get('/runner_manager/version') }),
    startedOn: job.get('/started_at'),
    finishedOn: job.get('/finished_at'),
  };
}

function refOf(ref: string | undefined, isTag: boolean | undefined): string | undefined {
  if (ref?.startsWith('refs/') === true) return ref;
  if (isTag === undefined) return undefined;
  return isTag ? tagRef(ref) : branchRef(ref);
}

/** Runners of the instance are GitLab's own on gitlab.com alone. */
function runnerOf(job: EventReader, project: string): JobFacts['runner'] {
  const type = job.get('/runner/runner_type');
  if (type === 'group_type' || type === 'project_type') return 'self-hosted';
  if (type !== 'instance_type') return 'unknown-runner';
  return project.startsWith('https://gitlab.com/') ? 'hosted' : 'self-hosted';
}
