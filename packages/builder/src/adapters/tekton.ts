import {
  isJsonArray,
  withDefined,
  type DigestSet,
  type JsonObject,
  type JsonValue,
} from 'in-toto-attestation';
import type { Input, JobStatus, Step } from '../job-record.ts';
import type { JobFacts } from './facts.ts';
import { EventReader } from './reading.ts';
import { INPUT_RESULT, readArtifactHints } from './tekton-hints.ts';

/** The build type of Tekton Chains (formats slsa/v2alpha3 and slsa/v2alpha4): docs/predicate/slsa/v2.md of tektoncd/chains. */
export const TEKTON_CHAINS_V2 = 'https://tekton.dev/chains/v2/slsa';

const PLATFORM = 'tekton';

/**
 * A TaskRun or PipelineRun by its API object, `kubectl get -o json`; a PipelineRun also as a List with its TaskRuns, which know
 * the images of the steps (tekton.dev/docs, "TaskRuns", "PipelineRuns").
 */
export function describeTektonEvent(value: JsonValue): JobFacts {
  const { run, tasks } = findRun(new EventReader(PLATFORM, value));
  const isPipeline = run.need('/kind') === 'PipelineRun';
  const uid = run.need('/metadata/uid');
  const hints = readArtifactHints(isPipeline ? [run] : [run, ...run.list('/status/steps')], run);
  const inputs = unique([
    ...configOf(run, isPipeline ? 'pipeline' : 'task'),
    ...(isPipeline ? tasks.flatMap((task) => configOf(task, 'pipelineTask')) : []),
    ...tasks.flatMap(describeImages),
    ...hints.inputs,
  ]);
  return {
    id: uid,
    attempt: run.list('/status/retriesStatus').length + 1,
    uri: `urn:uuid:${uid}`,
    pipeline: nameOf(run, isPipeline),
    status: endOfRun(run),
    definition: {
      buildType: TEKTON_CHAINS_V2,
      externalParameters: withDefined<Record<string, JsonValue>>(
        { runSpec: run.needObject('/spec') },
        { buildConfigSource: configSource(run) },
      ),
      internalParameters: withDefined<Record<string, JsonValue>>(
        {},
        { 'tekton-pipelines-feature-flags': run.getObject('/status/provenance/featureFlags') },
      ),
    },
    steps: tasks.flatMap((task) => describeSteps(task, isPipeline ? taskName(task) : undefined)),
    inputs,
    images: hints.images,
    runner: 'unknown-runner',
    startedOn: run.get('/status/startTime'),
    finishedOn: run.get('/status/completionTime'),
    fromTenant: inputs.flatMap(({ name }, index) => (name === INPUT_RESULT ? [`/inputs/${index}`] : [])),
  };
}

interface Found {
  readonly run: EventReader;
  /** The TaskRuns whose steps ran. */
  readonly tasks: readonly EventReader[];
}

function findRun(event: EventReader): Found {
  const kind = event.need('/kind');
  if (kind === 'TaskRun') return { run: event, tasks: [event] };
  if (kind === 'PipelineRun') return { run: event, tasks: [] };
  if (kind !== 'List') throw event.wrong('/kind', 'TaskRun, PipelineRun or List');
  const items = event.list('/items');
  const [run, ...others] = items.filter((item) => item.get('/kind') === 'PipelineRun');
  if (run === undefined || others.length > 0) {
    throw event.wrong(
      '/items',
      `one PipelineRun among the items, found ${items.length === 0 || run === undefined ? 0 : others.length + 1}`,
    );
  }
  const uid = run.need('/metadata/uid');
  const tasks = items.filter(
    (item) =>
      item.get('/kind') === 'TaskRun' &&
      item.list('/metadata/ownerReferences').some((owner) => owner.get('/uid') === uid),
  );
  return { run, tasks };
}

function nameOf(run: EventReader, isPipeline: boolean): string {
  const ref = run.get(isPipeline ? '/spec/pipelineRef/name' : '/spec/taskRef/name');
  return ref ?? run.need('/metadata/name');
}

function taskName(task: EventReader): string {
  const labels = task.getObject('/metadata/labels') ?? {};
  const name = labels['tekton.dev/pipelineTask'];
  return typeof name === 'string' ? name : task.need('/metadata/name');
}

/** The condition `Succeeded`: `Unknown` means that the run goes on. */
function endOfRun(run: EventReader): JobStatus {
  const condition = run.list('/status/conditions').find((item) => item.get('/type') === 'Succeeded');
  const status = condition?.get('/status');
  const reason = condition?.get('/reason') ?? '';
  if (status === 'True') return 'succeeded';
  if (status !== 'False') {
    throw run.wrong(
      '/status/conditions',
      'the condition Succeeded with status True or False',
      'the run has not ended',
    );
  }
  if (/Cancel/i.test(reason)) return 'canceled';
  return /Timeout/i.test(reason) ? 'timed-out' : 'failed';
}

/** Where the remote definition came from, in the words of the build type. */
function configSource(run: EventReader): JsonObject | undefined {
  const source = run.getObject('/status/provenance/refSource');
  if (source === undefined) return undefined;
  const [digest] = Object.entries(digestsOf(run.getObject('/status/provenance/refSource/digest')) ?? {});
  return withDefined<Record<string, JsonValue>>(
    {},
    {
      ref: digest === undefined ? undefined : `${digest[0]}:${digest[1]}`,
      repository: run.get('/status/provenance/refSource/uri'),
      path: run.get('/status/provenance/refSource/entryPoint'),
    },
  );
}

function configOf(run: EventReader, name: string): Input[] {
  const uri = run.get('/status/provenance/refSource/uri');
  const digest = digestsOf(run.getObject('/status/provenance/refSource/digest'));
  return uri === undefined || digest === undefined ? [] : [{ name, uri, digest }];
}

function digestsOf(value: JsonObject | undefined): DigestSet | undefined {
  const entries = Object.entries(value ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Images of steps and sidecars by the digests that ran, as Chains writes them: without a name. */
function describeImages(task: EventReader): Input[] {
  const states = [...task.list('/status/steps'), ...task.list('/status/sidecars')];
  return states.flatMap((state) => {
    const [, name, sha256] =
      /^(?:[a-z-]+:\/\/)?([^@]+)@sha256:([0-9a-f]{64})$/.exec(state.get('/imageID') ?? '') ?? [];
    return name === undefined || sha256 === undefined ? [] : [{ uri: `oci://${name}`, digest: { sha256 } }];
  });
}

function describeSteps(task: EventReader, prefix: string | undefined): Step[] {
  const specs = task.list('/status/taskSpec/steps');
  return task.list('/status/steps').map((state) => {
    const name = state.need('/name');
    const spec = specs.find((candidate) => candidate.get('/name') === name);
    const exitCode = state.getNumber('/terminated/exitCode');
    // onError: continue: the step failed, and the task went on as if it had not.
    const goesOn = state.get('/terminationReason') === 'Continued';
    return withDefined<Step>(
      { name: prefix === undefined ? name : `${prefix}/${name}` },
      {
        command: spec === undefined ? undefined : commandOf(spec),
        startedOn: state.get('/terminated/startedAt'),
        finishedOn: state.get('/terminated/finishedAt'),
        exitCode: goesOn ? undefined : exitCode,
        annotations: annotate(state.get('/imageID'), goesOn ? exitCode : undefined),
      },
    );
  });
}

function annotate(imageID: string | undefined, continuedAfter: number | undefined): JsonObject | undefined {
  const annotations = withDefined<Record<string, JsonValue>>({}, { imageID, continuedAfter });
  return Object.keys(annotations).length === 0 ? undefined : annotations;
}

/** The command of a step; a script stands in runSpec, or in the task that the dependency names. */
function commandOf(spec: EventReader): string[] | undefined {
  const words = [...textsOf(spec.value('/command')), ...textsOf(spec.value('/args'))];
  return spec.has('/command') && words.length > 0 ? words : undefined;
}

function textsOf(value: JsonValue = null): string[] {
  return isJsonArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Each thing once, as it was first named: by URI and digest. */
function unique(inputs: readonly Input[]): Input[] {
  return [
    ...new Map(
      inputs.toReversed().map((input) => [JSON.stringify([input.uri, input.digest, isConfig(input)]), input]),
    ).values(),
  ].toReversed();
}

/** The definition of the run is kept even where a task came from the same place. */
function isConfig({ name }: Input): string {
  return name === 'task' || name === 'pipeline' ? name : '';
}
