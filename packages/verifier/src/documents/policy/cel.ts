import { type CelInput, CelScalar, celEnv, isCelError, mapType, parse, plan } from '@bufbuild/cel';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Statement } from 'in-toto-attestation';
import type { PolicyInput } from '../../policy.ts';

/** An expression that nobody could evaluate: thrown while a policy is read. */
export class RuleError extends Error {}

/** The parts of an expression, and how many loops stand in each other. */
interface Shape {
  readonly nodes: number;
  readonly depth: number;
  /** By how many times a list can outgrow those of the statement: one for each that is added to another. */
  readonly sums: number;
}

const STRING_MAP = mapType(CelScalar.STRING, CelScalar.DYN);

/** What an expression can speak of. */
const VARIABLES = {
  statement: STRING_MAP,
  predicate: STRING_MAP,
  artifact: STRING_MAP,
  level: CelScalar.INT,
  now: CelScalar.DYN,
} as const;

const ENVIRONMENT = celEnv({ variables: VARIABLES });

/**
 * The most steps of an evaluation. How often a loop can go round is bounded by the largest list or object of the
 * statement, so the bound is known before anything is evaluated; what would take longer fails instead.
 */
const MAX_STEPS = 1_000_000;
const MAX_NODES = 500;

/**
 * Reads a CEL expression (Common Expression Language; regular expressions are RE2, in linear time).
 *
 * @returns what it says of an attestation: `true`, or `false`; or a text, why nobody can tell.
 * @throws {RuleError} for an expression that is none, and for a name of a variable or function that there is not.
 */
export function readCel(expression: string): (input: PolicyInput) => boolean | string {
  const parsed = parseCel(expression);
  const shape = shapeOf(parsed.expr, new Set(Object.keys(VARIABLES)));
  if (shape.nodes > MAX_NODES)
    throw new RuleError(`has ${shape.nodes} parts, at most ${MAX_NODES} may be there`);
  const evaluate = plan(ENVIRONMENT, parsed);
  return (input) => {
    const { value, predicate, largest } = toCel(input.statement);
    const steps = shape.nodes * ((largest + shape.nodes) * (1 + shape.sums)) ** shape.depth;
    if (steps > MAX_STEPS) return `it would take up to ${steps} steps, at most ${MAX_STEPS} are made`;
    const result = evaluate({
      statement: value,
      predicate,
      artifact: describeArtifact(input),
      level: BigInt(input.level ?? 0),
      now: timestampFromDate(input.now),
    });
    if (isCelError(result)) return `it could not be evaluated: ${result.message}`;
    return typeof result === 'boolean' ? result : `its value is no truth value`;
  };
}

function parseCel(expression: string): ReturnType<typeof parse> {
  try {
    return parse(expression);
  } catch (cause) {
    throw new RuleError(`is no CEL: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

type Expression = ReturnType<typeof parse>['expr'];

/** Counts the parts, and finds names that mean nothing: a rule with a slip in it would fail, or never be looked at. */
function shapeOf(expression: Expression | undefined, names: ReadonlySet<string>): Shape {
  if (expression === undefined) return NONE;
  const { case: kind, value } = expression.exprKind;
  switch (kind) {
    case 'identExpr':
      if (!names.has(value.name) && !isType(value.name)) throw new RuleError(`knows no ${value.name}`);
      return LEAF;
    case 'selectExpr':
      return both(LEAF, shapeOf(value.operand, names));
    case 'callExpr':
      if (ENVIRONMENT.funcs.find(value.function) === undefined && !OPERATORS.has(value.function))
        throw new RuleError(`knows no function ${value.function}`);
      return [value.target, ...value.args]
        .map((part) => shapeOf(part, names))
        .reduce(both, { ...LEAF, sums: value.function === '_+_' ? 1 : 0 });
    case 'listExpr':
      return value.elements.map((part) => shapeOf(part, names)).reduce(both, LEAF);
    case 'structExpr':
      return value.entries
        .flatMap((entry) => [
          entry.keyKind.case === 'mapKey' ? shapeOf(entry.keyKind.value, names) : LEAF,
          shapeOf(entry.value, names),
        ])
        .reduce(both, LEAF);
    case 'comprehensionExpr': {
      const inner = new Set([...names, value.iterVar, value.accuVar]);
      const loop = [value.loopCondition, value.loopStep]
        .map((part) => shapeOf(part, inner))
        .reduce(both, LEAF);
      const around = [
        shapeOf(value.iterRange, names),
        shapeOf(value.accuInit, names),
        shapeOf(value.result, inner),
      ];
      return around.reduce(both, { ...loop, depth: loop.depth + 1 });
    }
    case 'constExpr':
    case undefined:
      return LEAF;
    default:
      return kind satisfies never;
  }
}

const NONE: Shape = { nodes: 0, depth: 0, sums: 0 };
const LEAF: Shape = { nodes: 1, depth: 0, sums: 0 };

/** A loop over the result of another goes round as often as that one at most; so the depths do not add up. */
function both(a: Shape, b: Shape): Shape {
  return { nodes: a.nodes + b.nodes, depth: Math.max(a.depth, b.depth), sums: a.sums + b.sums };
}

/** Names of types are values of CEL. */
function isType(name: string): boolean {
  return /^(?:bool|bytes|double|duration|int|list|map|null_type|string|timestamp|type|uint)$/.test(name);
}

/** Calls that the planner makes itself. */
const OPERATORS: ReadonlySet<string> = new Set([
  '_&&_',
  '_||_',
  '_?_:_',
  '_[_]',
  '@not_strictly_false',
  '_==_',
  '_!=_',
]);

type CelMap = ReadonlyMap<string, CelInput>;

interface Converted {
  readonly value: CelMap;
  readonly predicate: CelMap;
  /** Entries of the largest list, object or text of it. */
  readonly largest: number;
}

/** Several rules look at the same statement. */
const CONVERTED = new WeakMap<Statement, Converted>();

/**
 * JSON as CEL has it. Objects become maps whatever they hold: the library takes other objects for messages when they
 * have certain members, and these are somebody else's.
 */
function toCel(statement: Statement): Converted {
  const known = CONVERTED.get(statement);
  if (known !== undefined) return known;
  let largest = 1;
  const convert = (value: unknown): CelInput => {
    if (Array.isArray(value)) {
      largest = Math.max(largest, value.length);
      return value.map(convert);
    }
    if (value instanceof Uint8Array) return value;
    if (typeof value === 'object' && value !== null) return convertObject(value);
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : null;
  };
  const convertObject = (object: object): CelMap => {
    const entries = Object.entries(object).filter(([, value]) => value !== undefined);
    largest = Math.max(largest, entries.length);
    return new Map(entries.map(([key, value]) => [key, convert(value)]));
  };
  const { _type, subject, predicateType } = statement;
  const predicate = convertObject(statement.predicate);
  const value = new Map([
    ...convertObject({ _type, subject, predicateType }),
    ['predicate', predicate] as const,
  ]);
  const converted = { value, predicate, largest };
  CONVERTED.set(statement, converted);
  return converted;
}

function describeArtifact({ artifact: { name, digest, packageUrl, image } }: PolicyInput): CelMap {
  return new Map<string, CelInput>([
    ['name', name],
    ['digest', new Map(Object.entries(digest))],
    ...(packageUrl === undefined ? [] : ([['package', packageUrl]] as const)),
    ...(image === undefined ? [] : ([['image', image]] as const)),
  ]);
}
