import type { JsonValue } from 'in-toto-attestation';
import { fail, pass } from '../../finding.ts';
import { collectUnnamed, describeValue, isEqual, pointerOf } from '../../parameter-checks.ts';
import type { PolicyInput } from '../../policy.ts';
import { externalParameter, parameterPointer } from '../../profiles.ts';
import type { Finding } from '../../report.ts';
import { triggerOf } from './build-constraints.ts';
import { textMatcher } from './patterns.ts';
import type { ParameterRule, PolicySpec } from './schema.ts';

/** How many parameters a finding lists. */
const LISTED = 10;

interface Rule {
  readonly name: string;
  readonly expected: string;
  /** Whether the parameter may be so; `undefined`: it is absent. */
  readonly allows: (value: JsonValue | undefined) => boolean;
}

/**
 * Every external parameter has to be named, by a rule or because another field of the policy is about it: what whoever
 * started the build could choose, and nobody thought of, is refused. @throws {PatternError}
 */
export function parameterCheck(spec: PolicySpec): (input: PolicyInput) => Finding {
  const rules = Object.entries(spec.parameters ?? {}).map(([name, rule]) => toRule(name, rule));
  return ({ build }) => {
    const { provenance, profile, places } = build;
    for (const { name, expected, allows } of rules) {
      const at = pointerOf(name, profile);
      const value = externalParameter(provenance, at);
      if (allows(value)) continue;
      const actual = value === undefined ? `${name} is absent` : `${name}=${describeValue(value)}`;
      return fail({ expected, actual, pointer: parameterPointer(provenance, at) });
    }
    const named = [...rules.map(({ name }) => pointerOf(name, profile)), ...namedElsewhere(spec, build)];
    const unnamed: string[] = [];
    collectUnnamed(provenance.buildDefinition.externalParameters, '', named, unnamed);
    const [first] = unnamed;
    const expected = 'no external parameter but those that the policy names';
    if (first === undefined) return pass({ expected, actual: 'there is no other' });
    const more = unnamed.length > LISTED ? `, and ${unnamed.length - LISTED} more` : '';
    return fail({
      expected,
      actual: `others: ${unnamed.slice(0, LISTED).join(', ')}${more}`,
      pointer: places.externalParameters + first,
      hint: 'Name it under parameters: with the value that it must have, or with { any: true }.',
    });
  };
}

function toRule(name: string, rule: ParameterRule): Rule {
  if ('any' in rule) return { name, expected: `${name}, any value`, allows: () => true };
  if ('equals' in rule) return oneOf(name, [rule.equals]);
  if ('oneOf' in rule) return oneOf(name, rule.oneOf);
  const match = textMatcher(rule.pattern);
  return {
    name,
    expected: `${name}=${rule.pattern}`,
    allows: (value) => typeof value === 'string' && match(value),
  };
}

function oneOf(name: string, values: readonly JsonValue[]): Rule {
  return {
    name,
    expected: values.map((value) => `${name}=${describeValue(value)}`).join(' or '),
    allows: (actual) => actual !== undefined && values.some((value) => isEqual(actual, value)),
  };
}

/** A parameter that holds the repository, the ref or both is named when the policy asks for all that it holds. */
function namedElsewhere({ source = {}, triggers }: PolicySpec, build: PolicyInput['build']): string[] {
  const trigger = triggers === undefined ? undefined : triggerOf(build)?.parameter;
  if (typeof build.source === 'string') return trigger === undefined ? [] : [trigger];
  const { uri, ref } = build.source;
  const hasRef = source.refs !== undefined || source.branches !== undefined || source.tags !== undefined;
  const isUnasked = (pointer: string): boolean =>
    (source.uris === undefined && uri?.parameter === pointer) || (!hasRef && ref?.parameter === pointer);
  const ofSource = [uri?.parameter, ref?.parameter].filter(
    (pointer) => pointer !== undefined && !isUnasked(pointer),
  );
  return [...ofSource, trigger].filter((pointer) => pointer !== undefined);
}
