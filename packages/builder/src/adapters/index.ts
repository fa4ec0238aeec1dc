import type { JsonValue } from 'in-toto-attestation';
import type { JobRecord } from '../job-record.ts';
import { describeAzureEnvironment, describeAzureEvent } from './azure-pipelines.ts';
import { describeBuildkiteEnvironment, describeBuildkiteEvent } from './buildkite.ts';
import { describeCircleEnvironment, describeCircleEvent } from './circleci.ts';
import { readDanubeRecord } from './danube.ts';
import { PlatformError } from './errors.ts';
import { recordOf, type AdapterOptions, type JobFacts } from './facts.ts';
import { describeGithubEnvironment, describeGithubEvent } from './github-actions.ts';
import { describeGitlabEnvironment, describeGitlabEvent } from './gitlab-ci.ts';
import { describeJenkinsEnvironment, describeJenkinsEvent } from './jenkins.ts';
import type { Platform } from './platforms.ts';
import type { Environment } from './reading.ts';
import { describeTektonEvent } from './tekton.ts';

export { PlatformError } from './errors.ts';
export { withMode, type AdapterOptions, type Runner, type Vantage } from './facts.ts';
export { GITHUB_WORKFLOW_V1 } from './github-actions.ts';
export { gitUri } from './git.ts';
export { PLATFORMS, type Platform } from './platforms.ts';
export type { Environment as JobEnvironment } from './reading.ts';
export { TEKTON_CHAINS_V2 } from './tekton.ts';

type Describe<T> = (value: T, event?: JsonValue) => JobFacts;

/** Tekton and Danube tell a job nothing of itself. */
const ENVIRONMENTS: Readonly<Record<Exclude<Platform, 'tekton' | 'danube'>, Describe<Environment>>> = {
  'github-actions': describeGithubEnvironment,
  'gitlab-ci': describeGitlabEnvironment,
  jenkins: describeJenkinsEnvironment,
  buildkite: describeBuildkiteEnvironment,
  circleci: describeCircleEnvironment,
  'azure-pipelines': describeAzureEnvironment,
};

const EVENTS: Readonly<Record<Exclude<Platform, 'danube'>, Describe<JsonValue>>> = {
  'github-actions': describeGithubEvent,
  'gitlab-ci': describeGitlabEvent,
  jenkins: describeJenkinsEvent,
  buildkite: describeBuildkiteEvent,
  circleci: describeCircleEvent,
  'azure-pipelines': describeAzureEvent,
  tekton: describeTektonEvent,
};

/**
 * The record of a job that describes itself, from the environment that its platform documents. All of it is supplied by the
 * tenant, and the record says so; its status is `running` where the platform does not say that the job failed.
 *
 * @param event for GitHub Actions the document at `GITHUB_EVENT_PATH`.
 * @throws {PlatformError} `ERR_JOB_PLATFORM` when this is not the environment of such a job.
 * @throws {JobRecordError} for facts that no record may hold.
 */
export function recordFromEnvironment(
  platform: Platform,
  environment: Environment,
  options: AdapterOptions = {},
  event?: JsonValue,
): JobRecord {
  if (platform === 'tekton' || platform === 'danube') {
    throw new PlatformError(
      platform,
      '',
      'expected an API object, because a job of it knows nothing of itself',
      'give it by --event FILE',
    );
  }
  return recordOf(platform, 'job-environment', ENVIRONMENTS[platform](environment, event), options);
}

/**
 * The record of a job that a control plane describes, from an API object or event that it has from the platform itself. The
 * record says that the control plane vouches for it, but for what the platform has from the tenant.
 *
 * @throws {PlatformError} `ERR_JOB_PLATFORM` when the document is none of the platform's, or of a job that still runs.
 * @throws {JobRecordError} for facts that no record may hold.
 */
export function recordFromEvent(
  platform: Platform,
  event: JsonValue,
  options: AdapterOptions = {},
): JobRecord {
  if (platform === 'danube') return readDanubeRecord(event, options);
  return recordOf(platform, 'control-plane', EVENTS[platform](event), options);
}
