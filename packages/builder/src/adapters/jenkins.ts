import type { JsonObject, JsonValue } from 'in-toto-attestation';
import { isJsonObject } from 'in-toto-attestation';
import type { Source } from '../job-record.ts';
import type { JobFacts } from './facts.ts';
import { branchRef, gitUri, sourceOf, tagRef } from './git.ts';
import { EnvironmentReader, EventReader, withoutEmpty, type Environment } from './reading.ts';
import { endOf } from './status.ts';

const PLATFORM = 'jenkins';

/**
 * A build by the variables that Jenkins and its Git plugin document (`JENKINS_URL/env-vars.html`). Jenkins is always run by
 * its customer.
 */
export function describeJenkinsEnvironment(environment: Environment): JobFacts {
  const env = new EnvironmentReader(PLATFORM, environment);
  const remote = env.need(
    'GIT_URL',
    'check out with the Git plugin, whose variables these are: `checkout scm`',
  );
  const uri = gitUri(remote);
  const job = env.need('JOB_NAME');
  const number = env.need('BUILD_NUMBER');
  // A change request is built from a branch of somebody else, merged or not.
  const branch = env.get('CHANGE_ID') === undefined ? env.get('BRANCH_NAME') : undefined;
  return {
    id: `${job}-${number}`,
    attempt: 1,
    uri: env.need('BUILD_URL', 'set the URL of Jenkins in its configuration'),
    pipeline: job,
    status: 'running',
    source:
      uri === undefined
        ? undefined
        : sourceOf(uri, env.need('GIT_COMMIT'), tagRef(env.get('TAG_NAME')) ?? branchRef(branch)),
    builder: env.get('JENKINS_URL'),
    runner: 'self-hosted',
  };
}

/** A build by its API object, `BUILD_URL/api/json`. */
export function describeJenkinsEvent(value: JsonValue): JobFacts {
  const build = new EventReader(PLATFORM, value);
  const uri = build.need('/url');
  const names = [...uri.matchAll(/\/job\/([^/]+)/g)].map(([, name = '']) => decodeURIComponent(name));
  if (names.length === 0) throw build.wrong('/url', 'the URL of a build, with /job/ in it');
  const job = names.join('/');
  const started = build.getNumber('/timestamp');
  const duration = build.getNumber('/duration');
  const actions = build.list('/actions');
  const user = actions.flatMap((action) => action.list('/causes')).map((cause) => cause.get('/userId'));
  return {
    id: `${job}-${build.needId('/number')}`,
    attempt: 1,
    uri,
    pipeline: job,
    status: endOf(build, '/result', {
      succeeded: ['SUCCESS'],
      failed: ['FAILURE', 'UNSTABLE', 'NOT_BUILT'],
      canceled: ['ABORTED'],
    }),
    source: findSource(build, actions),
    trigger: user[0] === undefined ? undefined : { kind: 'manual', actor: user[0] },
    parameters: findParameters(actions),
    builder: uri.slice(0, uri.indexOf('/job/') + 1),
    runner: 'self-hosted',
    startedOn: started === undefined ? undefined : new Date(started).toISOString(),
    finishedOn:
      started === undefined || duration === undefined
        ? undefined
        : new Date(started + duration).toISOString(),
  };
}

/** The Git plugin's BuildData: one for each repository that was checked out, shared libraries included. */
function findSource(build: EventReader, actions: readonly EventReader[]): Source | undefined {
  const found = new Map<string, Source>();
  for (const action of actions) {
    const commit = action.get('/lastBuiltRevision/SHA1');
    const remote = action.get('/remoteUrls/0');
    if (commit === undefined || remote === undefined) continue;
    const uri = gitUri(remote);
    if (uri !== undefined) found.set(`${uri}@${commit}`, sourceOf(uri, commit, undefined));
  }
  if (found.size > 1) {
    throw build.wrong(
      '/actions',
      `one repository that was checked out, found ${found.size}`,
      'Jenkins does not say which of them was built: call danube in the job, which knows GIT_URL',
    );
  }
  return [...found.values()][0];
}

function findParameters(actions: readonly EventReader[]): JsonObject | undefined {
  const parameters: Record<string, JsonValue> = {};
  for (const parameter of actions.flatMap((action) => action.list('/parameters'))) {
    const value = parameter.value('/value');
    if (value !== undefined && !isJsonObject(value)) parameters[parameter.need('/name')] = value;
  }
  return withoutEmpty(parameters);
}
