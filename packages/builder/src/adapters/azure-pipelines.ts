import { withDefined, type JsonValue } from 'in-toto-attestation';
import type { JobStatus, Trigger } from '../job-record.ts';
import type { JobFacts, Runner } from './facts.ts';
import { gitUri, sourceOf } from './git.ts';
import { EnvironmentReader, EventReader, withoutEmpty, type Environment } from './reading.ts';
import { endOf } from './status.ts';

const PLATFORM = 'azure-pipelines';

const KINDS: ReadonlyMap<string, string> = new Map([
  ['individualci', 'push'],
  ['batchedci', 'push'],
  ['pullrequest', 'pull-request'],
  ['buildcompletion', 'pipeline'],
  ['resourcetrigger', 'pipeline'],
]);

/** A job by its predefined variables (learn.microsoft.com, "Use predefined variables"). */
export function describeAzureEnvironment(environment: Environment): JobFacts {
  const env = new EnvironmentReader(PLATFORM, environment);
  const remote = gitUri(env.need('BUILD_REPOSITORY_URI'));
  const collection = env.need('SYSTEM_COLLECTIONURI');
  const project = env.need('SYSTEM_TEAMPROJECT');
  const build = env.need('BUILD_BUILDID');
  const attempt = env.getCount('SYSTEM_JOBATTEMPT') ?? 1;
  const ref = env.get('BUILD_SOURCEBRANCH');
  return {
    id: [build, env.get('SYSTEM_JOBNAME'), attempt].filter((part) => part !== undefined).join('-'),
    attempt,
    uri: `${collection}${encodeURIComponent(project)}/_build/results?buildId=${build}`,
    pipeline: env.need('BUILD_DEFINITIONNAME'),
    status: jobStatus(env.get('AGENT_JOBSTATUS')),
    source:
      remote === undefined ? undefined : sourceOf(remote, env.need('BUILD_SOURCEVERSION'), fullRef(ref)),
    trigger: triggerOf(env.get('BUILD_REASON'), env.get('BUILD_REQUESTEDFOR')),
    builder: `${collection}${encodeURIComponent(project)}`,
    runner: runnerOf({ '0': 'hosted', '1': 'self-hosted' }, env.get('AGENT_ISSELFHOSTED')),
    version: withDefined<Record<string, string>>({}, { 'azure-pipelines-agent': env.get('AGENT_VERSION') }),
  };
}

/** What the steps until now came to: `Succeeded` is not yet the end. */
function jobStatus(status: string | undefined): JobStatus {
  if (status === 'Failed') return 'failed';
  return status === 'Canceled' ? 'canceled' : 'running';
}

function runnerOf(words: Readonly<Record<string, Runner>>, word: string | undefined): Runner {
  return word !== undefined && Object.hasOwn(words, word)
    ? (words[word] ?? 'unknown-runner')
    : 'unknown-runner';
}

function fullRef(ref: string | undefined): string | undefined {
  return ref?.startsWith('refs/') === true ? ref : undefined;
}

function triggerOf(reason: string | undefined, actor: string | undefined): Trigger | undefined {
  if (reason === undefined) return undefined;
  const word = reason.toLowerCase();
  return { kind: KINDS.get(word) ?? word, ...(actor === undefined ? {} : { actor }) };
}

/** A build by its API object (learn.microsoft.com, Azure DevOps REST API, "Builds - Get"). */
export function describeAzureEvent(value: JsonValue): JobFacts {
  const build = new EventReader(PLATFORM, value);
  const uri = build.need('/_links/web/href');
  const remote = gitUri(build.need('/repository/url'));
  const isHosted = build.getFlag('/queue/pool/isHosted');
  return {
    id: build.needId('/id'),
    attempt: 1,
    uri,
    pipeline: build.need('/definition/name'),
    status: endOf(build, '/result', {
      succeeded: ['succeeded'],
      failed: ['failed', 'partiallySucceeded'],
      canceled: ['canceled'],
    }),
    source:
      remote === undefined
        ? undefined
        : sourceOf(remote, build.need('/sourceVersion'), fullRef(build.get('/sourceBranch'))),
    trigger: triggerOf(build.get('/reason'), build.get('/requestedFor/uniqueName')),
    parameters: withoutEmpty(build.getObject('/templateParameters')),
    builder: uri.replace(/\/_build\/.*$/, ''),
    runner: isHosted === undefined ? 'unknown-runner' : isHosted ? 'hosted' : 'self-hosted',
    startedOn: build.get('/startTime'),
    finishedOn: build.get('/finishTime'),
  };
}
