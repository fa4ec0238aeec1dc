import type { JsonValue } from 'in-toto-attestation';
import type { JobFacts } from './facts.ts';
import { branchRef, gitUri, sourceOf, tagRef } from './git.ts';
import { EnvironmentReader, EventReader, type Environment } from './reading.ts';
import { endOf } from './status.ts';

const PLATFORM = 'circleci';

/** CircleCI calls the head of a fork's pull request so; it is no branch. */
const PULL_REQUEST = /^pull\/[0-9]+/;

/** A job by its built-in variables (circleci.com/docs, "Project values and variables"). */
export function describeCircleEnvironment(environment: Environment): JobFacts {
  const env = new EnvironmentReader(PLATFORM, environment);
  const remote = gitUri(env.need('CIRCLE_REPOSITORY_URL'));
  const branch = env.get('CIRCLE_BRANCH');
  const page = env.need('CIRCLE_BUILD_URL');
  return {
    id: env.need('CIRCLE_WORKFLOW_JOB_ID'),
    attempt: 1, // a job that is run again gets a new id
    uri: page,
    pipeline: env.need('CIRCLE_JOB'),
    status: 'running',
    source:
      remote === undefined
        ? undefined
        : sourceOf(
            remote,
            env.need('CIRCLE_SHA1'),
            tagRef(env.get('CIRCLE_TAG')) ??
              (PULL_REQUEST.test(branch ?? '') ? undefined : branchRef(branch)),
          ),
    builder: new URL(page).origin,
    runner: 'unknown-runner',
  };
}

/** A job or workflow by its webhook (circleci.com/docs, "Webhooks reference"): `job-completed`, `workflow-completed`. */
export function describeCircleEvent(value: JsonValue): JobFacts {
  const event = new EventReader(PLATFORM, value);
  const type = event.need('/type');
  if (type !== 'job-completed' && type !== 'workflow-completed') {
    throw event.wrong('/type', 'job-completed or workflow-completed');
  }
  const isJob = type === 'job-completed';
  const subject = event.below(isJob ? '/job' : '/workflow');
  const vcs = event.below('/pipeline/vcs');
  const remote = gitUri(vcs.get('/target_repository_url') ?? vcs.need('/origin_repository_url'));
  const page = event.need('/workflow/url');
  const kind = event.get('/pipeline/trigger/type');
  const branch = vcs.get('/branch');
  return {
    id: subject.need('/id'),
    attempt: 1,
    uri: isJob ? `urn:uuid:${subject.need('/id')}` : page,
    pipeline: subject.need('/name'),
    status: endOf(subject, '/status', {
      succeeded: ['success'],
      failed: ['failed', 'error'],
      canceled: ['canceled'],
    }),
    source:
      remote === undefined
        ? undefined
        : sourceOf(
            remote,
            vcs.need('/revision'),
            tagRef(vcs.get('/tag')) ?? (PULL_REQUEST.test(branch ?? '') ? undefined : branchRef(branch)),
          ),
    trigger: kind === undefined ? undefined : { kind },
    builder: new URL(page).origin,
    runner: 'unknown-runner',
    startedOn: subject.get(isJob ? '/started_at' : '/created_at'),
    finishedOn: subject.get('/stopped_at'),
  };
}
