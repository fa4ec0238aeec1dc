import { parseProvenance, type Statement } from 'in-toto-attestation';
import { stringify } from 'yaml';
import { externalParameter, readBuild } from '../../profiles.ts';
import { collectUnnamed } from '../../parameter-checks.ts';
import { lockName } from '../lock/lock.ts';
import { triggerOf } from './build-constraints.ts';
import { imageOf, withoutRef } from './dependency-constraints.ts';
import {
  type DependencySource,
  type ParameterRule,
  POLICY_SCHEMA_ID,
  type PolicyDocument,
  type PolicySpec,
} from './schema.ts';

/**
 * A tight policy from provenance that is known to be good: the same builder, build type, source, branch or kind of tag,
 * trigger and parameters, and dependencies from the same places. What changes from build to build (versions in names,
 * commits) is left open.
 *
 * @param level the lowest Build level to demand of the builder; a trust root has to know it.
 * @throws {MalformedError} for a statement that is no SLSA provenance.
 */
export function draftPolicy(statement: Statement, name: string, level?: number): PolicyDocument {
  const provenance = parseProvenance(statement.predicateType, statement.predicate);
  const build = readBuild(provenance);
  const source = typeof build.source === 'string' ? undefined : build.source;
  const trigger = triggerOf(build);
  const named = [source?.uri?.parameter, source?.ref?.parameter, trigger?.parameter].filter(
    (pointer) => pointer !== undefined,
  );
  const parameters: string[] = [];
  collectUnnamed(provenance.buildDefinition.externalParameters, '', named, parameters);
  const spec: PolicySpec = {
    artifacts: artifactsOf(statement),
    builders: [{ id: provenance.runDetails.builder.id, ...(level === undefined ? {} : { level }) }],
    buildTypes: [provenance.buildDefinition.buildType],
    ...(source?.uri === undefined
      ? {}
      : { source: { uris: [source.uri.value], ...refOf(source.ref?.value) } }),
    ...(parameters.length === 0
      ? {}
      : {
          parameters: Object.fromEntries(
            parameters.map((pointer): [string, ParameterRule] => [
              pointer,
              { equals: externalParameter(provenance, pointer) ?? null },
            ]),
          ),
        }),
    ...(trigger === undefined ? {} : { triggers: [trigger.value] }),
    ...dependenciesOf(provenance.buildDefinition.resolvedDependencies ?? []),
  };
  return { apiVersion: 'danube.dev/v1', kind: 'ProvenancePolicy', metadata: { name }, spec };
}

/** Files by their names without versions; what has none is selected by none. */
function artifactsOf({ subject }: Statement): PolicySpec['artifacts'] {
  const names = subject.map(({ name = '', digest }) =>
    lockName({ name, digest }).replaceAll(/[[\]{}!\\]/g, '?'),
  );
  const files = [...new Set(names)].filter((name) => name !== '');
  return files.length === 0 ? [{ file: '**' }] : files.sort().map((file) => ({ file }));
}

function refOf(
  ref: string | undefined,
): Pick<NonNullable<PolicySpec['source']>, 'refs' | 'branches' | 'tags'> {
  if (ref === undefined) return {};
  if (ref.startsWith('refs/heads/')) return { branches: [ref.slice('refs/heads/'.length)] };
  if (ref.startsWith('refs/tags/')) return { tags: [lockName({ name: ref, digest: {} })] };
  return { refs: [ref] };
}

type Dependency = NonNullable<
  ReturnType<typeof parseProvenance>['buildDefinition']['resolvedDependencies']
>[number];

/** Only when all of them can be demanded: each with a digest, and with a URI of a kind that a policy can name. */
function dependenciesOf(dependencies: readonly Dependency[]): Pick<PolicySpec, 'dependencies'> {
  const sources: DependencySource[] = [];
  let isPinned = true;
  for (const { uri = '', digest = {} } of dependencies) {
    const image = imageOf(uri);
    if (image === 'unreadable' || uri === '' || Object.keys(digest).length === 0) return {};
    if (image === undefined) sources.push({ uri: withoutRef(uri) });
    else {
      isPinned &&= image.digest !== undefined;
      sources.push({ image: `${image.registry}/${image.repository}` });
    }
  }
  if (sources.length === 0) return {};
  const distinct = new Map(sources.map((each) => [JSON.stringify(each), each]));
  return {
    dependencies: {
      digests: 'required',
      images: isPinned ? 'pinned' : 'resolved',
      sources: [...distinct.values()],
    },
  };
}

/** A policy as people write it: YAML, below the comment that tells editors its schema. */
export function encodePolicy(document: PolicyDocument): string {
  return `# yaml-language-server: $schema=${POLICY_SCHEMA_ID}\n${stringify(document, { lineWidth: 0 })}`;
}
