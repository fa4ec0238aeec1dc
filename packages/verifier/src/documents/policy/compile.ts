import { fail, pass } from '../../finding.ts';
import type { PolicyInput } from '../../policy.ts';
import type { Finding, PolicyRuleId } from '../../report.ts';
import { DocumentError } from '../errors.ts';
import { attestationCheck, isolationCheck } from './attestation-constraints.ts';
import {
  actorCheck,
  ageCheck,
  buildTypeCheck,
  builderCheck,
  sourceCheck,
  triggerCheck,
} from './build-constraints.ts';
import { readCel, RuleError } from './cel.ts';
import { type Constraint, FIELD_RULES, type FieldRule } from './constraint.ts';
import { dependencyCheck } from './dependency-constraints.ts';
import { parameterCheck } from './parameter-constraints.ts';
import { PatternError } from './patterns.ts';
import { readRoles, type Roles, signaturesCheck } from './roles.ts';
import type { AttestationDemand, PolicyDocument, PolicySpec } from './schema.ts';

type Check = Constraint['check'];

/**
 * Everything that a policy demands, as checks in the order of the document's format.
 *
 * @throws {DocumentError} `ERR_POLICY` for what cannot mean anything: a policy that demands nothing, a pattern that is
 * none, a role that is not defined or never asked for, a name that is there twice.
 */
export function compile({ metadata, spec }: PolicyDocument): readonly Constraint[] {
  const roles = readRoles(spec.roles);
  checkRoles(spec, roles);
  checkNames(spec);
  const constraints = [
    ...fieldConstraints(metadata.name, spec, roles),
    ...(spec.attestations ?? []).map((demand, index) =>
      demandConstraint(metadata.name, demand, index, roles),
    ),
    ...(spec.rules ?? []).map(({ name, expression, message }, index): Constraint => ({
      id: `policy.rule:${metadata.name}/${name}`,
      check: at(`/spec/rules/${index}/expression`, () => ruleCheck(expression, message)),
    })),
  ];
  if (constraints.length === 0)
    throw new DocumentError('ERR_POLICY', '/spec', 'demands nothing of its artifacts');
  // Last, because it is there in every policy: what nobody names is refused.
  const parameters = at('/spec/parameters', () => parameterCheck(spec));
  return [...constraints, { id: fieldId(metadata.name, 'parameters'), check: parameters }];
}

function fieldConstraints(name: string, spec: PolicySpec, roles: Roles): Constraint[] {
  const { builders, buildTypes, source, triggers, actors, dependencies, maxAge, signatures, isolation } =
    spec;
  return [
    field(name, 'builder', builders, builderCheck),
    field(name, 'build-type', buildTypes, buildTypeCheck),
    field(name, 'source', source, sourceCheck, '/spec/source'),
    field(name, 'trigger', triggers, triggerCheck),
    field(name, 'actor', actors, actorCheck, '/spec/actors'),
    field(name, 'age', maxAge, ageCheck),
    field(name, 'signatures', signatures, (demand) => signaturesCheck(demand, roles)),
    field(name, 'isolation', isolation, (demand) => isolationCheck(demand, roles)),
    ...(dependencies === undefined
      ? []
      : [
          { id: 'dependency' as const, check: at('/spec/dependencies', () => dependencyCheck(dependencies)) },
        ]),
  ].filter((constraint) => constraint !== undefined);
}

function field<T>(
  policy: string,
  rule: FieldRule,
  demand: T | undefined,
  toCheck: (demand: T) => Check,
  pointer = '/spec',
): Constraint | undefined {
  if (demand === undefined) return undefined;
  return { id: fieldId(policy, rule), check: at(pointer, () => toCheck(demand)) };
}

function fieldId(policy: string, rule: FieldRule): PolicyRuleId {
  return `policy.rule:${policy}/${rule}`;
}

function demandConstraint(
  policy: string,
  demand: AttestationDemand,
  index: number,
  roles: Roles,
): Constraint {
  const check = at(`/spec/attestations/${index}`, () => attestationCheck(demand, roles));
  return { id: demand.type === 'summary' ? 'summary' : `policy.rule:${policy}/${demand.name}`, check };
}

/** An expression that fails, or has no truth value, is not a yes. */
function ruleCheck(expression: string, message: string): Check {
  const rule = readCel(expression);
  return (input) => {
    const result = rule(input);
    if (result === true) return pass({ expected: expression, actual: 'it holds' });
    return fail({
      expected: expression,
      actual: typeof result === 'string' ? result : 'it does not hold',
      hint: message,
    });
  };
}

/** Errors of those who read patterns and expressions, with their place in the document. */
function at(pointer: string, read: () => Check): Check {
  try {
    return guard(read());
  } catch (cause) {
    if (!(cause instanceof PatternError) && !(cause instanceof RuleError)) throw cause;
    throw new DocumentError('ERR_POLICY', pointer, cause.message, { cause });
  }
}

/** Whatever goes wrong in a check, the answer is never yes. */
function guard(check: Check): Check {
  return (input: PolicyInput): Finding => {
    try {
      return check(input);
    } catch (error) {
      return fail({
        actual: `could not be judged: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  };
}

/** A role that nobody asks for is a demand that somebody forgot. */
function checkRoles({ signatures, isolation, attestations = [] }: PolicySpec, roles: Roles): void {
  const asked = [
    { names: signatures?.roles, pointer: '/spec/signatures/roles' },
    { names: isolation?.signedBy, pointer: '/spec/isolation/signedBy' },
    ...attestations.map(({ signedBy }, index) => ({
      names: signedBy,
      pointer: `/spec/attestations/${index}/signedBy`,
    })),
  ];
  for (const { names = [], pointer } of asked) {
    const stranger = names.find((name) => !roles.has(name));
    if (stranger !== undefined)
      throw new DocumentError('ERR_POLICY', pointer, `there is no role ${stranger}`);
  }
  if (signatures !== undefined && signatures.threshold > signatures.roles.length) {
    const message = `is more than the ${signatures.roles.length} role(s) named`;
    throw new DocumentError('ERR_POLICY', '/spec/signatures/threshold', message);
  }
  const used = new Set(asked.flatMap(({ names = [] }) => names));
  const unused = [...roles.keys()].findIndex((name) => !used.has(name));
  if (unused !== -1)
    throw new DocumentError('ERR_POLICY', `/spec/roles/${unused}`, 'nothing asks for this role');
}

/** Two checks of one id would be one in the report. */
function checkNames({ attestations = [], rules = [] }: PolicySpec): void {
  const seen = new Set<string>(FIELD_RULES);
  const named = [
    ...attestations.map(({ name }, index) => ({ name, pointer: `/spec/attestations/${index}/name` })),
    ...rules.map(({ name }, index) => ({ name, pointer: `/spec/rules/${index}/name` })),
  ];
  for (const { name, pointer } of named) {
    if (seen.has(name)) throw new DocumentError('ERR_POLICY', pointer, `the name ${name} is taken`);
    seen.add(name);
  }
}
