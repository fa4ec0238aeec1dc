import { stripTypeScriptTypes } from 'node:module';
import { type Expression, type Node, parse, type Program } from 'acorn';
import { full } from 'acorn-walk';

/** One change of a source file, which some test should notice. */
export interface Mutant {
  /** Where the change is, as UTF-16 offsets into the source. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** From 1. */
  readonly line: number;
  /** For people, and to recognise the mutant again: `a === b  ->  a !== b`. */
  readonly what: string;
}

const OPPOSITES: ReadonlyMap<string, readonly string[]> = new Map([
  ['===', ['!==']],
  ['!==', ['===']],
  ['<', ['<=', '>=']],
  ['<=', ['<', '>']],
  ['>', ['>=', '<=']],
  ['>=', ['>', '<']],
  ['&&', ['||']],
  ['||', ['&&']],
]);

/** Calls that decide something: answering the other one of two. */
const QUANTIFIERS: ReadonlyMap<string, string> = new Map([
  ['some', 'every'],
  ['every', 'some'],
]);

/**
 * Every change of a comparison, a connective, a negation, a quantifier or a truth value in a TypeScript file.
 *
 * @throws SyntaxError for what is not TypeScript that Node.js runs.
 */
export function mutantsOf(source: string): Mutant[] {
  // Types become blanks, so that offsets stay what they are in the source.
  const program: Program = parse(stripTypeScriptTypes(source), {
    ecmaVersion: 'latest',
    sourceType: 'module',
  });
  const mutants: Mutant[] = [];
  const add = (start: number, end: number, replacement: string, shown: Node): void => {
    const before = source.slice(shown.start, shown.end);
    const after = source.slice(shown.start, start) + replacement + source.slice(end, shown.end);
    const line = source.slice(0, start).split('\n').length;
    mutants.push({ start, end, replacement, line, what: `${oneLine(before)}  ->  ${oneLine(after)}` });
  };
  full(program, (node) => {
    const expression = node as Expression;
    if (expression.type === 'BinaryExpression' || expression.type === 'LogicalExpression') {
      const at = operatorAt(source, expression.left.end, expression.operator);
      for (const opposite of OPPOSITES.get(expression.operator) ?? []) {
        add(at, at + expression.operator.length, opposite, expression);
      }
    } else if (expression.type === 'UnaryExpression' && expression.operator === '!') {
      add(expression.start, expression.start + 1, '', expression);
    } else if (expression.type === 'Literal' && typeof expression.value === 'boolean') {
      add(expression.start, expression.end, String(!expression.value), expression);
    } else if (expression.type === 'CallExpression' && expression.callee.type === 'MemberExpression') {
      const { property } = expression.callee;
      const other = property.type === 'Identifier' ? QUANTIFIERS.get(property.name) : undefined;
      if (other !== undefined) add(property.start, property.end, other, expression);
    }
  });
  return mutants.sort((a, b) => a.start - b.start);
}

/** The operator behind its left side; parentheses and comments may stand between. */
function operatorAt(source: string, from: number, operator: string): number {
  const at = source.indexOf(operator, from);
  if (at === -1) throw new SyntaxError(`there is no ${operator} behind offset ${from}`);
  return at;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
