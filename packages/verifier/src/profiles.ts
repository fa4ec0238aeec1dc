import type { DigestSet, JsonObject, JsonValue, Provenance } from 'in-toto-attestation';
import { digestOf, isJsonArray, isJsonObject, joinPointer } from 'in-toto-attestation';

/** A claim of the provenance, and where the statement makes it. */
export interface Claim {
  readonly value: string;
  readonly pointer: string;
  /** The external parameter that makes the claim, as a pointer below externalParameters. */
  readonly parameter?: string;
}

/** What a build says of its source; what it does not say is left out. */
export interface SourceClaims {
  readonly uri?: Claim;
  readonly ref?: Claim;
  readonly commit?: Claim;
}

/** Where one family of provenance keeps what expectations ask for. */
export interface Profile {
  readonly name: string;
  /** The source, or why it cannot be read. */
  readonly source: (provenance: Provenance) => SourceClaims | string;
  /** The object below externalParameters that holds the parameters a tenant sets: `''` for externalParameters itself. */
  readonly parameters: string;
}

/** Danube's own builds: `docs/buildtypes/pipeline-v1.md`. */
const PIPELINE: Profile = {
  name: 'Danube pipeline v1',
  source: (provenance) => uriWithRef(provenance, externalParameter(provenance, '/source')),
  parameters: '/parameters',
};

/** GitHub Actions workflows, by GitHub's attestations and by the SLSA generators. */
const GITHUB_WORKFLOW: Profile = {
  name: 'GitHub Actions workflow v1',
  source: githubWorkflow,
  parameters: '/inputs',
};

/** Any v0.2 provenance: the specification itself says where source and parameters are (invocation). */
const PROVENANCE_V02: Profile = {
  name: 'SLSA provenance v0.2',
  source: (provenance) => uriWithRef(provenance, configSource(provenance, 'uri')),
  parameters: '',
};

const UNKNOWN: Profile = {
  name: 'unknown build type',
  source: ({ buildDefinition }) =>
    `where a build of type ${buildDefinition.buildType} has its source is not known here`,
  parameters: '',
};

const PROFILES: ReadonlyMap<string, Profile> = new Map([
  ['https://danube.dev/buildtypes/pipeline/v1', PIPELINE],
  ['https://actions.github.io/buildtypes/workflow/v1', GITHUB_WORKFLOW],
  ['https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1', GITHUB_WORKFLOW],
]);

/** How to read this provenance. The build type is compared exactly. */
export function profileOf(provenance: Provenance): Profile {
  if (provenance.version === '0.2') return PROVENANCE_V02;
  return PROFILES.get(provenance.buildDefinition.buildType) ?? UNKNOWN;
}

/** Pointers into the statement of what v1 and v0.2 keep in different places. */
export interface Places {
  readonly builderId: string;
  readonly buildType: string;
  readonly finishedOn: string;
  readonly externalParameters: string;
  readonly dependencies: string;
}

const PLACES_V1: Places = {
  builderId: '/predicate/runDetails/builder/id',
  buildType: '/predicate/buildDefinition/buildType',
  finishedOn: '/predicate/runDetails/metadata/finishedOn',
  externalParameters: '/predicate/buildDefinition/externalParameters',
  dependencies: '/predicate/buildDefinition/resolvedDependencies',
};

const PLACES_V02: Places = {
  builderId: '/predicate/builder/id',
  buildType: '/predicate/buildType',
  finishedOn: '/predicate/metadata/buildFinishedOn',
  externalParameters: '/predicate/invocation/parameters',
  dependencies: '/predicate/materials',
};

/** Where this provenance has things in the statement as it was signed. */
export function placesOf(provenance: Provenance): Places {
  return provenance.version === '0.2' ? PLACES_V02 : PLACES_V1;
}

/** The external parameter at a pointer below externalParameters. */
export function externalParameter({ buildDefinition }: Provenance, pointer: string): JsonValue | undefined {
  const tokens = pointer.split('/').slice(1);
  return memberAt(
    buildDefinition.externalParameters,
    tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~')),
  );
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
  const isConfigSource =
    (pointer === '/source' && configSource(provenance, 'uri') !== undefined) ||
    (pointer === '/entryPoint' && configSource(provenance, 'entryPoint') !== undefined);
  if (isConfigSource) return `/predicate/invocation/configSource${pointer === '/source' ? '/uri' : pointer}`;
  return placesOf(provenance).externalParameters + pointer;
}

/** A member of v0.2's configSource. In the v1 shape a tenant's parameter of the same name could stand for it. */
function configSource(
  { source: predicate = {} }: Provenance,
  key: 'uri' | 'entryPoint',
): JsonValue | undefined {
  return memberAt(predicate, ['invocation', 'configSource', key]);
}

/** `<repository URI>@<full ref>` in the external parameter `source`; the ref may be absent. */
function uriWithRef(provenance: Provenance, value: JsonValue | undefined): SourceClaims | string {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'string') return 'the source is not a text';
  const [uri = '', ref, ...rest] = value.split('@refs/');
  if (rest.length > 0) return 'the source has more than one "@refs/": where the ref starts is not certain';
  const at = { pointer: parameterPointer(provenance, '/source'), parameter: '/source' };
  return {
    uri: { value: uri, ...at },
    ...(ref === undefined ? {} : { ref: { value: `refs/${ref}`, ...at } }),
    ...commitOf(provenance, new Set([value, uri])),
  };
}

function githubWorkflow(provenance: Provenance): SourceClaims | string {
  const repository = textClaim(provenance, '/workflow/repository');
  const ref = textClaim(provenance, '/workflow/ref');
  if (repository === undefined) return 'the workflow names no repository';
  const uri = `git+${repository.value}`;
  return {
    uri: repository,
    ...(ref === undefined ? {} : { ref }),
    ...commitOf(provenance, new Set(ref === undefined ? [uri] : [uri, `${uri}@${ref.value}`])),
  };
}

function textClaim(provenance: Provenance, parameter: string): Claim | undefined {
  const value = externalParameter(provenance, parameter);
  if (typeof value !== 'string') return undefined;
  return { value, pointer: parameterPointer(provenance, parameter), parameter };
}

/** The commit of the dependency that is the source; none when two entries disagree about it. */
function commitOf(provenance: Provenance, uris: ReadonlySet<string>): { readonly commit?: Claim } {
  const { resolvedDependencies = [] } = provenance.buildDefinition;
  const claims = resolvedDependencies.flatMap(({ uri, digest = {} }, index) => {
    if (uri === undefined || !uris.has(uri)) return [];
    return commitClaims(provenance, digest, dependencyPointer(provenance, index));
  });
  const [first, ...others] = claims;
  if (first === undefined || others.some(({ value }) => value !== first.value)) return {};
  return { commit: first };
}

/** Before v1, Git commits were called by their hash: sha1. */
function commitClaims({ version }: Provenance, digest: DigestSet, pointer: string): Claim[] {
  const algorithms = version === '0.2' ? ['gitCommit', 'sha1'] : ['gitCommit'];
  return algorithms.flatMap((algorithm) => {
    const value = digestOf(digest, algorithm);
    return value === undefined ? [] : [{ value, pointer: `${pointer}/digest/${algorithm}` }];
  });
}

/** In the v1 shape, v0.2's configSource stands behind the materials. */
function dependencyPointer(provenance: Provenance, index: number): string {
  const materials = memberAt(provenance.source ?? {}, ['materials']);
  const count = materials !== undefined && isJsonArray(materials) ? materials.length : 0;
  if (provenance.version === '0.2' && index >= count) return '/predicate/invocation/configSource';
  return joinPointer(placesOf(provenance).dependencies, index);
}
