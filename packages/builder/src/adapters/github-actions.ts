import { isJsonObject, withDefined, type JsonObject, type JsonValue } from 'in-toto-attestation';
import type { Definition, Trigger } from '../job-record.ts';
import type { JobFacts, Runner } from './facts.ts';
import { sourceOf } from './git.ts';
import { EnvironmentReader, EventReader, withoutEmpty, type Environment } from './reading.ts';
import { endOf } from './status.ts';

/** GitHub's own build type: https://actions.github.io/buildtypes/workflow/v1 */
export const GITHUB_WORKFLOW_V1 = 'https://actions.github.io/buildtypes/workflow/v1';

/** The build type is not to be used for other events: it would leave out what they let a tenant choose. */
const SUPPORTED_EVENTS = ['create', 'release', 'push', 'workflow_dispatch'];

const PLATFORM = 'github-actions';

/**
 * A job by its default environment variables (docs.github.com, "Variables reference").
 *
 * @param event the document at `GITHUB_EVENT_PATH`, for the inputs of `workflow_dispatch`.
 */
export function describeGithubEnvironment(environment: Environment, event?: JsonValue): JobFacts {
  const env = new EnvironmentReader(PLATFORM, environment);
  const inputs = event !== undefined && isJsonObject(event) ? event['inputs'] : undefined;
  const run: Run = {
    server: env.need('GITHUB_SERVER_URL'),
    repository: env.need('GITHUB_REPOSITORY'),
    repositoryId: env.get('GITHUB_REPOSITORY_ID'),
    ownerId: env.get('GITHUB_REPOSITORY_OWNER_ID'),
    workflow: env.get('GITHUB_WORKFLOW'),
    workflowRef: env.need('GITHUB_WORKFLOW_REF'),
    builderRef: env.need('GITHUB_WORKFLOW_REF'),
    ref: env.get('GITHUB_REF'),
    commit: env.need('GITHUB_SHA'),
    event: env.need('GITHUB_EVENT_NAME'),
    inputs: inputs !== undefined && isJsonObject(inputs) ? inputs : undefined,
    actor: env.get('GITHUB_ACTOR'),
    runner: env.get('RUNNER_ENVIRONMENT'),
    runId: env.need('GITHUB_RUN_ID'),
    attempt: env.getCount('GITHUB_RUN_ATTEMPT') ?? 1,
    job: env.get('GITHUB_JOB'),
  };
  return factsOf(run, 'running', run.event !== 'workflow_dispatch' || event !== undefined);
}

/**
 * A job by the claims of its OIDC token, as a control plane verified them, or a run by its API object or `workflow_run`
 * webhook (docs.github.com, "OpenID Connect reference", "Workflow runs").
 */
export function describeGithubEvent(value: JsonValue): JobFacts {
  const event = new EventReader(PLATFORM, value);
  if (event.has('/job_workflow_ref')) return describeClaims(event);
  return describeRun(event.has('/workflow_run') ? event.below('/workflow_run') : event);
}

function describeClaims(claims: EventReader): JobFacts {
  const issuer = claims.need('/iss');
  const server = /^https:\/\/token\.actions\.githubusercontent\.com(?:\/|$)/.test(issuer)
    ? 'https://github.com'
    : new URL(issuer).origin;
  const run: Run = {
    server,
    repository: claims.need('/repository'),
    repositoryId: claims.getId('/repository_id'),
    ownerId: claims.getId('/repository_owner_id'),
    workflow: claims.get('/workflow'),
    workflowRef: claims.need('/workflow_ref'),
    builderRef: claims.need('/job_workflow_ref'),
    ref: claims.get('/ref'),
    commit: claims.need('/sha'),
    event: claims.need('/event_name'),
    inputs: undefined,
    actor: claims.get('/actor'),
    runner: claims.get('/runner_environment'),
    runId: claims.needId('/run_id'),
    attempt: Number(claims.getId('/run_attempt') ?? 1),
    job: claims.get('/check_run_id'),
  };
  // The claims hold no inputs, and the build type wants all of them.
  return factsOf(run, 'running', run.event !== 'workflow_dispatch');
}

interface Run {
  readonly server: string;
  readonly repository: string;
  readonly repositoryId: string | undefined;
  readonly ownerId: string | undefined;
  readonly workflow: string | undefined;
  /** `OWNER/REPOSITORY/PATH@REF` of the workflow that was started. */
  readonly workflowRef: string;
  /** The same of the workflow that runs the job, which may be a reusable one. */
  readonly builderRef: string;
  readonly ref: string | undefined;
  readonly commit: string;
  readonly event: string;
  readonly inputs: JsonObject | undefined;
  readonly actor: string | undefined;
  readonly runner: string | undefined;
  readonly runId: string;
  readonly attempt: number;
  readonly job: string | undefined;
}

function factsOf(run: Run, status: 'running', knowsInputs: boolean): JobFacts {
  const { server, repository, runId, attempt, job } = run;
  const { path, ref } = splitWorkflow(run);
  const inputs = withoutEmpty(run.inputs);
  return {
    id: [runId, attempt, ...(job === undefined ? [] : [job])].join('-'),
    attempt,
    uri: `${server}/${repository}/actions/runs/${runId}/attempts/${attempt}`,
    pipeline: run.workflow ?? path,
    status,
    source: sourceOf(`git+${server}/${repository}`, run.commit, run.ref),
    trigger: triggerOf(run.event, run.ref, run.actor),
    parameters: inputs,
    definition:
      knowsInputs && SUPPORTED_EVENTS.includes(run.event) ? define(run, path, ref, inputs) : undefined,
    builder: `${server}/${run.builderRef}`,
    runner: runnerOf(run.runner),
  };
}

/** Path and ref may hold an `@` as well: the workflow is that of the repository, so what comes before the path is known. */
function splitWorkflow({ repository, workflowRef }: Run): { readonly path: string; readonly ref: string } {
  const rest = workflowRef.startsWith(`${repository}/`)
    ? workflowRef.slice(repository.length + 1)
    : workflowRef;
  const mark = rest.indexOf('@refs/');
  const at = mark === -1 ? rest.indexOf('@') : mark;
  return at === -1 ? { path: rest, ref: '' } : { path: rest.slice(0, at), ref: rest.slice(at + 1) };
}

function define(run: Run, path: string, ref: string, inputs: JsonObject | undefined): Definition {
  return {
    buildType: GITHUB_WORKFLOW_V1,
    externalParameters: withDefined<Record<string, JsonValue>>(
      { workflow: { ref, repository: `${run.server}/${run.repository}`, path } },
      { inputs },
    ),
    internalParameters: {
      github: withDefined<Record<string, JsonValue>>(
        { event_name: run.event },
        {
          repository_id: run.repositoryId,
          repository_owner_id: run.ownerId,
          runner_environment: run.runner,
        },
      ),
    },
  };
}

function runnerOf(environment: string | undefined): Runner {
  if (environment === 'github-hosted') return 'hosted';
  return environment === 'self-hosted' ? 'self-hosted' : 'unknown-runner';
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ['workflow_dispatch', 'manual'],
  ['repository_dispatch', 'api'],
  ['pull_request', 'pull-request'],
  ['pull_request_target', 'pull-request'],
]);

function triggerOf(event: string, ref: string | undefined, actor: string | undefined): Trigger {
  const kind =
    event === 'push' && ref?.startsWith('refs/tags/') === true ? 'tag' : (KINDS.get(event) ?? event);
  return { kind, ...(actor === undefined ? {} : { actor }) };
}

/** The API names the branch or tag by its short name and does not say which of them it is: no ref, no workflow v1. */
function describeRun(run: EventReader): JobFacts {
  const repository = run.need('/repository/full_name');
  const page = run.need('/repository/html_url');
  const attempt = run.getNumber('/run_attempt') ?? 1;
  const id = run.needId('/id');
  const path = run.need('/path').split('@')[0] ?? '';
  return {
    id: `${id}-${attempt}`,
    attempt,
    uri: `${page}/actions/runs/${id}/attempts/${attempt}`,
    pipeline: run.get('/name') ?? path,
    status: endOf(run, '/conclusion', {
      succeeded: ['success'],
      failed: ['failure', 'startup_failure'],
      canceled: ['cancelled'],
      'timed-out': ['timed_out'],
    }),
    source: sourceOf(`git+${page}`, run.need('/head_sha'), undefined),
    trigger: triggerOf(
      run.need('/event'),
      undefined,
      run.get('/triggering_actor/login') ?? run.get('/actor/login'),
    ),
    builder: `${new URL(page).origin}/${repository}/${path}`,
    runner: 'unknown-runner',
    startedOn: run.get('/run_started_at'),
    // updated_at also changes after the run has ended, so there is no time of its end.
  };
}
