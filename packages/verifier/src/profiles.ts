import type { DigestSet, JsonObject, JsonValue, Provenance } from 'in-toto-attestation';
import { digestOf, isJsonArray, isJsonObject, joinPointer } from 'in-toto-attestation';

/** A claim of the provenance, and where the statement makes it. */
export interface Claim {
  readonly value: string;
  readonly pointer: string;
  /** The external parameter that makes the claim, as a pointer below externalParameters. */
  readonly parameter?: string;
}

/** What a build says of its source; what it does not say is `undefined`. */
export interface SourceClaims {
  readonly uri: Claim | undefined;
  readonly ref: Claim | undefined;
  /** Looked up when it is asked for. */
  readonly commit: () => Claim | undefined;
}

/** Provenance, with the knowledge of how to read it. */
export interface Build {
  readonly provenance: Provenance;
  readonly profile: Profile;
  readonly places: Places;
  /** The source, or why it cannot be read. */
  readonly source: SourceClaims | string;
  /** The run of the build. Looked up when it is asked for. */
  readonly run: () => RunClaims;
}

/** What a build says of the run that it was, as far as its profile knows where. */
export interface RunClaims {
  readonly builder: Claim;
  /** The run as a web page. */
  readonly invocation: Claim | undefined;
  readonly trigger: Claim | undefined;
  readonly runnerEnvironment: Claim | undefined;
  /** The workflow's file as a web page, with its ref. */
  readonly workflow: Claim | undefined;
}

/** Finds out how to read this provenance: by its version and its build type, which is compared exactly. */
export function readBuild(provenance: Provenance): Build {
  const isV02 = provenance.version === '0.2';
  const profile = isV02
    ? (PROFILES_V02.get(provenance.buildDefinition.buildType) ?? PROVENANCE_V02)
    : (PROFILES.get(provenance.buildDefinition.buildType) ?? profileOfVersions(provenance));
  const places = isV02 ? PLACES_V02 : PLACES_V1;
  const source = profile.source(provenance);
  return { provenance, profile, places, source, run: () => readRun(provenance, places, source) };
}

/** Where one family of provenance keeps what expectations ask for. */
export interface Profile {
  /** The source, or why it cannot be read. */
  readonly source: (provenance: Provenance) => SourceClaims | string;
  /** The object that holds what a tenant sets, as a pointer below externalParameters; `''` for externalParameters itself. */
  readonly parameters: string;
  /** The external parameters that the build type itself defines. */
  readonly own: readonly string[];
}

/** Danube's own builds: `docs/buildtypes/pipeline-v1.md`. */
const PIPELINE: Profile = {
  source: (provenance) => uriWithRef(provenance, externalParameter(provenance, '/source')),
  parameters: '/parameters',
  own: ['pipeline', 'source', 'trigger', 'parameters'],
};

/** Commands that `danube provenance run` ran: `docs/buildtypes/run-v1.md`. */
const RUN: Profile = {
  source: (provenance) => uriWithRef(provenance, externalParameter(provenance, '/source')),
  parameters: '',
  own: ['command', 'inputs', 'source', 'workingDirectory'],
};

/** GitHub Actions workflows, by GitHub's attestations and by the SLSA generators. */
const GITHUB_WORKFLOW: Profile = {
  source: githubWorkflow,
  parameters: '/inputs',
  own: ['workflow', 'inputs', 'vars'],
};

/** GitLab's own attestations, and its runner's. Of the variables GitLab sets, all are external parameters. */
const GITLAB_JOB: Profile = {
  source: gitlabProject,
  parameters: '/variables',
  own: ['source', 'entryPoint', 'variables'],
};

/** Google Cloud Build. The build's configuration and its source can come from two repositories; then both are named. */
const CLOUD_BUILD: Profile = {
  source: cloudBuildSource,
  parameters: '/substitutions',
  own: ['buildConfig', 'buildConfigSource', 'sourceToBuild', 'substitutions'],
};

/** BuildKit, by `docker buildx build --provenance`. A build from a local directory names no source. */
const BUILDKIT: Profile = {
  source: (provenance) =>
    urlWithFragment(provenance, externalParameter(provenance, '/configSource/uri'), '/configSource/uri'),
  parameters: '/request/args',
  own: ['configSource', 'request'],
};

const BUILDKIT_V02: Profile = {
  source: (provenance) => urlWithFragment(provenance, configSource(provenance, 'uri'), '/source'),
  parameters: '/args',
  own: ['args', 'entryPoint', 'frontend', 'locals', 'secrets', 'source', 'ssh'],
};

/** SLSA's container-based generator on GitHub. */
const CONTAINER_BASED: Profile = {
  source: (provenance) =>
    uriWithRef(provenance, externalParameter(provenance, '/source/uri'), '/source/uri', BEFORE_GIT_COMMIT),
  parameters: '',
  own: ['source', 'builderImage', 'configPath', 'buildConfig'],
};

/** Tekton Chains: tasks say by their results which repository they built. Its parameters are the whole spec of the run. */
const TEKTON_CHAINS: Profile = {
  source: tektonSource,
  parameters: '',
  own: [],
};

/** Any v0.2 provenance: the specification itself says where source and parameters are (invocation). */
const PROVENANCE_V02: Profile = {
  source: (provenance) => uriWithRef(provenance, configSource(provenance, 'uri')),
  parameters: '',
  own: [],
};

/** SLSA's generators on GitHub: what a person typed in to start the workflow is one parameter of theirs. */
const GENERATOR_V02: Profile = {
  ...PROVENANCE_V02,
  parameters: '/event_inputs',
  own: ['event_inputs', 'source', 'entryPoint'],
};

const PROFILES_V02: ReadonlyMap<string, Profile> = new Map([
  ['https://github.com/slsa-framework/slsa-github-generator/generic@v1', GENERATOR_V02],
  ['https://github.com/slsa-framework/slsa-github-generator/go@v1', GENERATOR_V02],
  ['https://github.com/slsa-framework/slsa-github-generator/container@v1', GENERATOR_V02],
  ['https://mobyproject.org/buildkit@v1', BUILDKIT_V02],
]);

/** A build type that is not known here: its external parameters can be compared, its source cannot be found. */
const UNKNOWN: Profile = {
  source: ({ buildDefinition }) =>
    `where a build of type ${buildDefinition.buildType} has its source is not known here`,
  parameters: '',
  own: [],
};

const PROFILES: ReadonlyMap<string, Profile> = new Map([
  ['https://danube.dev/buildtypes/pipeline/v1', PIPELINE],
  ['https://danube.dev/buildtypes/run/v1', RUN],
  ['https://actions.github.io/buildtypes/workflow/v1', GITHUB_WORKFLOW],
  ['https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1', GITHUB_WORKFLOW],
  ['https://slsa.dev/container-based-build/v0.1?draft', CONTAINER_BASED],
  ['https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1', GITLAB_JOB],
  ['https://cloud.google.com/build/gcb-buildtypes/google-worker/v1', CLOUD_BUILD],
  ['https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md', BUILDKIT],
  ['https://tekton.dev/chains/v2/slsa', TEKTON_CHAINS],
]);

/** GitLab's runner writes its own version into the build type, and nothing else of it varies. */
const GITLAB_RUNNER =
  /^https:\/\/gitlab\.com\/gitlab-org\/gitlab-runner\/-\/blob\/v?\d+\.\d+\.\d+\/PROVENANCE\.md$/;

function profileOfVersions({ buildDefinition: { buildType } }: Provenance): Profile {
  return GITLAB_RUNNER.test(buildType) ? GITLAB_JOB : UNKNOWN;
}

/** Pointers into the statement of what v1 and v0.2 keep in different places. */
export interface Places {
  readonly builderId: string;
  readonly buildType: string;
  readonly finishedOn: string;
  readonly externalParameters: string;
  readonly dependencies: string;
  readonly internalParameters: string;
  readonly invocationId: string;
}

const PLACES_V1: Places = {
  builderId: '/predicate/runDetails/builder/id',
  buildType: '/predicate/buildDefinition/buildType',
  finishedOn: '/predicate/runDetails/metadata/finishedOn',
  externalParameters: '/predicate/buildDefinition/externalParameters',
  dependencies: '/predicate/buildDefinition/resolvedDependencies',
  internalParameters: '/predicate/buildDefinition/internalParameters',
  invocationId: '/predicate/runDetails/metadata/invocationId',
};

const PLACES_V02: Places = {
  builderId: '/predicate/builder/id',
  buildType: '/predicate/buildType',
  finishedOn: '/predicate/metadata/buildFinishedOn',
  externalParameters: '/predicate/invocation/parameters',
  dependencies: '/predicate/materials',
  internalParameters: '/predicate/invocation/environment',
  invocationId: '/predicate/metadata/buildInvocationId',
};

/** The external parameter at a pointer below externalParameters. */
export function externalParameter({ buildDefinition }: Provenance, pointer: string): JsonValue | undefined {
  const tokens = pointer.split('/').slice(1);
  const path = pointer.includes('~') ? tokens.map(unescapeToken) : tokens;
  return memberAt(buildDefinition.externalParameters, path);
}

/** A token of a JSON pointer (RFC 6901, section 4). */
function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function memberAt(object: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = object;
  for (const key of path) {
    if (value === undefined || !isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Where the statement has the external parameter that the v1 shape has at `pointer` below externalParameters. */
export function parameterPointer(provenance: Provenance, pointer: string): string {
  if (provenance.version === '1') return PLACES_V1.externalParameters + pointer;
  const isConfigSource =
    (pointer === '/source' && typeof configSource(provenance, 'uri') === 'string') ||
    (pointer === '/entryPoint' && typeof configSource(provenance, 'entryPoint') === 'string');
  if (isConfigSource) return `/predicate/invocation/configSource${pointer === '/source' ? '/uri' : pointer}`;
  return PLACES_V02.externalParameters + pointer;
}

/** A member of v0.2's configSource. In the v1 shape a tenant's parameter of the same name could stand for it. */
function configSource(
  { source: predicate = {} }: Provenance,
  key: 'uri' | 'entryPoint',
): JsonValue | undefined {
  return memberAt(predicate, ['invocation', 'configSource', key]);
}

const REF_MARK = '@refs/';

/** `<repository URI>@<full ref>` in an external parameter; the ref may be absent. */
function uriWithRef(
  provenance: Provenance,
  value: JsonValue | undefined,
  parameter = '/source',
  algorithms?: readonly string[],
): SourceClaims | string {
  if (value === undefined || value === null) return NO_SOURCE;
  if (typeof value !== 'string') return 'the source is not a text';
  const pointer = parameterPointer(provenance, parameter);
  const mark = value.indexOf(REF_MARK);
  if (mark !== value.lastIndexOf(REF_MARK)) {
    return `the source holds ${REF_MARK} more than once: where the ref starts is not certain`;
  }
  const uri = mark === -1 ? value : value.slice(0, mark);
  return {
    uri: { value: uri, pointer, parameter },
    ref: mark === -1 ? undefined : { value: value.slice(mark + 1), pointer, parameter },
    commit: () => commitOf(provenance, [value, uri], algorithms),
  };
}

const NO_SOURCE: SourceClaims = { uri: undefined, ref: undefined, commit: () => undefined };

/** `<repository URL>#<ref>:<folder>`, as Docker names a build context; ref and folder may be absent. */
function urlWithFragment(
  provenance: Provenance,
  value: JsonValue | undefined,
  parameter: string,
): SourceClaims | string {
  if (value === undefined || value === null || value === '') return NO_SOURCE;
  if (typeof value !== 'string') return 'the source is not a text';
  const at = { pointer: parameterPointer(provenance, parameter), parameter };
  const [uri = '', fragment = '', ...others] = value.split('#');
  if (others.length > 0) return 'the source holds # more than once: where the ref starts is not certain';
  const [ref = ''] = fragment.split(':');
  return {
    uri: { value: uri, ...at },
    ref: ref === '' ? undefined : { value: ref, ...at },
    commit: () => commitOf(provenance, [value, uri], BEFORE_GIT_COMMIT),
  };
}

function githubWorkflow(provenance: Provenance): SourceClaims | string {
  const repository = textClaim(provenance, '/workflow/repository');
  const ref = textClaim(provenance, '/workflow/ref');
  if (repository === undefined) return 'the workflow names no repository';
  const uri = `git+${repository.value}`;
  const uris = ref === undefined ? [uri] : [uri, `${uri}@${ref.value}`];
  return { uri: repository, ref, commit: () => commitOf(provenance, uris) };
}

/** GitLab names the project and its commit; the ref is only one of the variables. */
function gitlabProject(provenance: Provenance): SourceClaims | string {
  const project = textClaim(provenance, '/source');
  if (project === undefined) return 'the job names no project';
  const { value } = project;
  return { uri: project, ref: undefined, commit: () => commitOf(provenance, [value, `git+${value}`]) };
}

/** The repository that is built is named apart only where it is not the one that holds the build's configuration. */
function cloudBuildSource(provenance: Provenance): SourceClaims | string {
  const isApart = externalParameter(provenance, '/sourceToBuild') !== undefined;
  const at = isApart ? '/sourceToBuild' : '/buildConfigSource';
  const repository = textClaim(provenance, `${at}/repository`);
  const ref = textClaim(provenance, `${at}/ref`);
  if (repository === undefined) return isApart ? 'the source to build names no repository' : NO_SOURCE;
  const uris = [repository.value, ...(ref === undefined ? [] : [`${repository.value}@${ref.value}`])];
  return { uri: repository, ref, commit: () => commitOf(provenance, uris) };
}

/** The one Git repository among the dependencies that tasks reported; no ref is known of it. */
function tektonSource(provenance: Provenance): SourceClaims | string {
  const { resolvedDependencies = [] } = provenance.buildDefinition;
  const found = resolvedDependencies.flatMap(({ name, uri, digest = {} }, index) =>
    name === 'inputs/result' && uri?.startsWith('git+') === true ? [{ uri, digest, index }] : [],
  );
  const [source, ...others] = found;
  if (source === undefined) return 'no task of the run reported a Git repository';
  if (others.length > 0) return 'tasks of the run reported several Git repositories';
  const pointer = dependencyPointer(provenance, source.index);
  return {
    uri: { value: source.uri, pointer: `${pointer}/uri` },
    ref: undefined,
    commit: () => commitClaims(source.digest, BEFORE_GIT_COMMIT, pointer)[0],
  };
}

function textClaim(provenance: Provenance, parameter: string): Claim | undefined {
  const value = externalParameter(provenance, parameter);
  if (typeof value !== 'string') return undefined;
  return { value, pointer: parameterPointer(provenance, parameter), parameter };
}

/** The commit of the dependency that is the source; none when two entries disagree about it. */
function commitOf(
  provenance: Provenance,
  uris: readonly string[],
  algorithms = provenance.version === '0.2' ? BEFORE_GIT_COMMIT : GIT_COMMIT,
): Claim | undefined {
  const { resolvedDependencies = [] } = provenance.buildDefinition;
  const claims = resolvedDependencies.flatMap(({ uri, digest = {} }, index) => {
    if (uri === undefined || !uris.includes(uri)) return [];
    return commitClaims(digest, algorithms, dependencyPointer(provenance, index));
  });
  const [first, ...others] = claims;
  return others.some(({ value }) => value !== first?.value) ? undefined : first;
}

const GIT_COMMIT: readonly string[] = ['gitCommit'];
/** Before provenance v1, and by BuildKit still, Git commits are called by their hash: sha1. */
const BEFORE_GIT_COMMIT: readonly string[] = ['gitCommit', 'sha1'];

function commitClaims(digest: DigestSet, algorithms: readonly string[], pointer: string): Claim[] {
  return algorithms.flatMap((algorithm) => {
    const value = digestOf(digest, algorithm);
    return value === undefined ? [] : [{ value, pointer: `${pointer}/digest/${algorithm}` }];
  });
}

/** In the v1 shape, v0.2's configSource stands behind the materials. */
function dependencyPointer({ version, source = {} }: Provenance, index: number): string {
  if (version === '1') return joinPointer(PLACES_V1.dependencies, index);
  const materials = memberAt(source, ['materials']) ?? [];
  const count = isJsonArray(materials) ? materials.length : 0;
  return index < count ? joinPointer(PLACES_V02.dependencies, index) : '/predicate/invocation/configSource';
}

/** GitHub's builders write what the workflow was given into internalParameters, in one of these spellings. */
const TRIGGERS = [['github', 'event_name'], ['github_event_name'], ['GITHUB_EVENT_NAME']] as const;
const RUNNERS = [['github', 'runner_environment']] as const;

function readRun(provenance: Provenance, places: Places, source: SourceClaims | string): RunClaims {
  const { builder, metadata } = provenance.runDetails;
  const page = metadata?.invocationId;
  return {
    builder: { value: builder.id, pointer: places.builderId },
    invocation: page?.startsWith('https://') ? { value: page, pointer: places.invocationId } : undefined,
    trigger: internalText(provenance, places, TRIGGERS),
    runnerEnvironment: internalText(provenance, places, RUNNERS),
    workflow: typeof source === 'string' ? undefined : workflowOf(provenance, source),
  };
}

function internalText(
  { buildDefinition: { internalParameters = {} } }: Provenance,
  places: Places,
  paths: readonly (readonly string[])[],
): Claim | undefined {
  for (const path of paths) {
    const value = memberAt(internalParameters, path);
    if (typeof value === 'string')
      return { value, pointer: `${places.internalParameters}/${path.join('/')}` };
  }
  return undefined;
}

const WORKFLOW_PATHS = ['/workflow/path', '/entryPoint'] as const;

/** `https://HOST/OWNER/REPOSITORY/PATH@REF`, which is how certificates name it. */
function workflowOf(provenance: Provenance, { uri, ref }: SourceClaims): Claim | undefined {
  const [path] = WORKFLOW_PATHS.flatMap((parameter) => textClaim(provenance, parameter) ?? []);
  if (path === undefined || uri === undefined || ref === undefined) return undefined;
  if (!path.value.startsWith('.github/workflows/')) return undefined;
  return { ...path, value: `${uri.value.replace(/^git\+/, '')}/${path.value}@${ref.value}` };
}
