import type { PolicyCheckId } from '../../report.ts';
import { describeSigners } from './attestation-constraints.ts';
import type { AttestationDemand, ParameterRule, PolicyDocument, PolicySpec } from './schema.ts';

/** One demand of a policy in words, and the check that reports it. */
export interface Explanation {
  readonly id: PolicyCheckId | 'policy.match';
  readonly text: string;
}

/** Everything that a policy demands, in words, in the order of its checks. */
export function explainPolicy({ metadata: { name }, spec }: PolicyDocument): readonly Explanation[] {
  const rule = (field: string): PolicyCheckId => `policy.rule:${name}/${field}`;
  const lines: [PolicyCheckId | 'policy.match', string | undefined][] = [
    ['policy.match', `it is about ${orList(spec.artifacts.map(describeSelector))}`],
    [rule('builder'), spec.builders && `the builder is ${orList(spec.builders.map(describeBuilder))}`],
    [rule('build-type'), spec.buildTypes && `the build type is ${orList(spec.buildTypes)}`],
    [rule('source'), spec.source && describeSource(spec.source)],
    [rule('trigger'), spec.triggers && `it was started by ${orList(spec.triggers)}`],
    [rule('actor'), spec.actors && `whoever started it is ${orList(spec.actors)}`],
    [rule('age'), spec.maxAge && `it finished at most ${spec.maxAge} ago`],
    [
      rule('signatures'),
      spec.signatures &&
        `at least ${spec.signatures.threshold} of ${spec.signatures.roles.join(', ')} signed it`,
    ],
    [
      rule('isolation'),
      spec.isolation &&
        `an attribute report states ${spec.isolation.attributes.map(({ attribute }) => attribute).join(', ')}`,
    ],
    ['dependency', spec.dependencies && describeDependencies(spec.dependencies)],
    ...(spec.attestations ?? []).map((demand): [PolicyCheckId, string] => [
      demand.type === 'summary' ? 'summary' : rule(demand.name),
      describeAttestation(demand),
    ]),
    ...(spec.rules ?? []).map((each): [PolicyCheckId, string] => [
      rule(each.name),
      `${each.message}: ${each.expression}`,
    ]),
    [rule('parameters'), describeParameters(spec.parameters ?? {})],
  ];
  return lines.flatMap(([id, text]) => (text === undefined ? [] : [{ id, text }]));
}

function orList(items: readonly string[]): string {
  return items.join(' or ');
}

function describeSelector(selector: PolicySpec['artifacts'][number]): string {
  return Object.entries(selector)
    .map(([kind, pattern]) => `the ${kind} ${pattern}`)
    .join('');
}

function describeBuilder({ id, level }: NonNullable<PolicySpec['builders']>[number]): string {
  return level === undefined ? id : `${id} at SLSA Build L${level} or higher`;
}

function describeSource({
  uris,
  refs = [],
  branches = [],
  tags = [],
  commits,
}: NonNullable<PolicySpec['source']>): string {
  const all = [
    ...refs,
    ...branches.map((branch) => `the branch ${branch}`),
    ...tags.map((tag) => `the tag ${tag}`),
  ];
  return [
    'it was built from',
    uris === undefined ? 'any repository' : orList(uris),
    ...(all.length === 0 ? [] : [`at ${orList(all)}`]),
    ...(commits === undefined ? [] : [`in the commit ${orList(commits)}`]),
  ].join(' ');
}

function describeDependencies({ images, sources }: NonNullable<PolicySpec['dependencies']>): string {
  return [
    'every dependency has a digest',
    images === 'pinned' ? 'every image is named by it' : 'an image may be named by a tag',
    ...(sources === undefined
      ? []
      : [`each comes from ${orList(sources.map((each) => Object.values(each).join('')))}`]),
  ].join(', ');
}

function describeAttestation(demand: AttestationDemand): string {
  const by = describeSigners(demand.signedBy, demand.type === 'summary' ? demand.verifier : undefined);
  return `${describeDemand(demand)} is there, signed by ${by}`;
}

function describeDemand(demand: AttestationDemand): string {
  switch (demand.type) {
    case 'sbom':
      return `an SBOM (${orList(demand.formats ?? ['spdx', 'cyclonedx'])})`;
    case 'vulnerability-scan': {
      const counts = Object.entries(demand.ceiling).map(([severity, count]) => `${count} ${severity}`);
      return `a vulnerability scan of the last ${demand.maxAge} with at most ${counts.join(', ')}`;
    }
    case 'test-result':
      return `a test result that passed${demand.tests === undefined ? '' : `, with ${demand.tests.join(', ')},`}`;
    case 'review':
      return `a review of type ${demand.predicateType} for which ${demand.expression} holds`;
    case 'summary':
      return `a verification summary by ${demand.verifier} of ${demand.resourceUri} with ${demand.levels.join(', ')}`;
    default:
      return demand satisfies never;
  }
}

function describeParameters(parameters: Readonly<Record<string, ParameterRule>>): string {
  const rules = Object.entries(parameters).map(([name, rule]) => `${name} ${describeRule(rule)}`);
  if (rules.length === 0) return 'there is no external parameter that no other demand is about';
  return `of the external parameters ${rules.join(', ')}; there is no other that no demand is about`;
}

function describeRule(rule: ParameterRule): string {
  if ('any' in rule) return 'may be anything';
  if ('equals' in rule) return `is ${JSON.stringify(rule.equals)}`;
  if ('oneOf' in rule) return `is ${orList(rule.oneOf.map((value) => JSON.stringify(value)))}`;
  return `is like ${rule.pattern}`;
}
