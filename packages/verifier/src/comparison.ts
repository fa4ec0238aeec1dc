import type { DigestSet, JsonObject, JsonValue, ResourceDescriptor, Statement } from 'in-toto-attestation';
import { encodeBase64, isJsonArray, isJsonObject, joinPointer, parseProvenance } from 'in-toto-attestation';
import { type Build, readBuild } from './profiles.ts';

/** What a difference is about; `run` is what differs between any two runs of one build. */
export const COMPARED_GROUPS = [
  'builder',
  'source',
  'parameters',
  'dependencies',
  'environment',
  'outputs',
  'run',
] as const;

export type ComparedGroup = (typeof COMPARED_GROUPS)[number];

/** One thing that two builds do not have alike; `null` where one of them does not have it at all. */
export interface Difference {
  readonly group: ComparedGroup;
  /** What it is called: a parameter by its JSON pointer, a dependency by its URI, an output by its name. */
  readonly name: string;
  readonly a: string | null;
  readonly b: string | null;
}

export interface Comparison {
  /** In the order of {@link COMPARED_GROUPS}, by name within. */
  readonly differences: readonly Difference[];
  /** Build type, source, external parameters and dependencies are the same. */
  readonly sameInputs: boolean;
  /** The same names with the same digests. */
  readonly sameOutputs: boolean;
}

/**
 * What differs between two builds, by meaning: not the bytes of their statements, but source, parameters, dependencies,
 * environment and outputs. Nothing is verified.
 *
 * @throws {MalformedError} for a statement that is no SLSA provenance.
 */
export function compareBuilds(a: Statement, b: Statement): Comparison {
  const [before, after] = [factsOf(a), factsOf(b)];
  const differences = COMPARED_GROUPS.flatMap((group) => compareFacts(group, before[group], after[group]));
  const differs = (groups: readonly ComparedGroup[]): boolean =>
    differences.some(({ group, name }) => groups.includes(group) && name !== BUILDER_VERSION);
  return {
    differences,
    sameInputs: !differs(['builder', 'source', 'parameters', 'dependencies']),
    sameOutputs: !differs(['outputs']),
  };
}

type Facts = Readonly<Record<ComparedGroup, ReadonlyMap<string, string>>>;

const BUILDER_VERSION = 'version';

function factsOf({ predicateType, predicate, subject }: Statement): Facts {
  const provenance = parseProvenance(predicateType, predicate);
  const build = readBuild(provenance);
  const { buildDefinition, runDetails } = provenance;
  const { metadata } = runDetails;
  return {
    builder: facts({
      id: runDetails.builder.id,
      buildType: buildDefinition.buildType,
      [BUILDER_VERSION]: runDetails.builder.version && JSON.stringify(sorted(runDetails.builder.version)),
    }),
    source: sourceFacts(build),
    parameters: flatten(buildDefinition.externalParameters, sourceParameters(build)),
    dependencies: collect((buildDefinition.resolvedDependencies ?? []).map(dependencyFact)),
    environment: flatten(buildDefinition.internalParameters ?? {}, []),
    outputs: collect(
      subject.map(({ name, digest }) => [name ?? describeDigest(digest), describeDigest(digest)]),
    ),
    run: facts({
      invocationId: metadata?.invocationId,
      startedOn: metadata?.startedOn,
      finishedOn: metadata?.finishedOn,
    }),
  };
}

function facts(values: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

/** What stands several times under one name is one fact with all its values: the order has no meaning, the number has. */
function collect(pairs: readonly (readonly [name: string, value: string])[]): ReadonlyMap<string, string> {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const others = values.get(name);
    if (others === undefined) values.set(name, [value]);
    else others.push(value);
  }
  return new Map([...values].map(([name, all]) => [name, all.sort().join(', ')]));
}

function sourceFacts({ source }: Build): ReadonlyMap<string, string> {
  if (typeof source === 'string') return new Map();
  return facts({ uri: source.uri?.value, ref: source.ref?.value, commit: source.commit()?.value });
}

/** They are compared as the source. */
function sourceParameters({ source }: Build): readonly string[] {
  if (typeof source === 'string') return [];
  return [source.uri?.parameter, source.ref?.parameter].filter((pointer) => pointer !== undefined);
}

/** Every value that is no object, by its pointer; without what is below `left`. */
function flatten(object: JsonObject, left: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (value: JsonValue, pointer: string): void => {
    if (left.includes(pointer)) return;
    if (isJsonObject(value)) {
      for (const [key, member] of Object.entries(value)) visit(member, joinPointer(pointer, key));
    } else found.set(pointer, typeof value === 'string' ? value : JSON.stringify(sorted(value)));
  };
  visit(object, '');
  return found;
}

/** An image by tag and an image by digest are the same dependency, in another version. */
function dependencyFact({
  name,
  uri,
  digest = {},
  content,
}: ResourceDescriptor): [name: string, version: string] {
  const [key = 'without a name'] = [uri?.replace(/@sha256(?::|%3A)[0-9a-f]{64}/i, ''), name].filter(
    (text) => text !== undefined,
  );
  const inline = content === undefined ? '' : ` content:${encodeBase64(content)}`;
  return [key, `${describeDigest(digest)}${inline}`];
}

function describeDigest(digest: DigestSet): string {
  const names = Object.keys(digest).sort();
  return names.length === 0 ? 'no digest' : names.map((name) => `${name}:${digest[name]}`).join(' ');
}

function compareFacts(
  group: ComparedGroup,
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
): Difference[] {
  const names = [...new Set([...a.keys(), ...b.keys()])].sort();
  return names.flatMap((name) => {
    const [before = null, after = null] = [a.get(name), b.get(name)];
    return before === after ? [] : [{ group, name, a: before, b: after }];
  });
}

/** The order of members has no meaning. */
function sorted(value: JsonValue | Readonly<Record<string, string>>): JsonValue {
  if (isJsonArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members: Readonly<Record<string, JsonValue>> = value;
  const names = Object.keys(members).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(members[name] ?? null)]));
}
