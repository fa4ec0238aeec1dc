import { stripTypeScriptTypes } from 'node:module';
import { type Expression, type Node, parse, type Program, type Token } from 'acorn';
import { full } from 'acorn-walk';

/** One change of a source file, which some test should notice. */
export interface Mutant {
  /** From 1. */
  readonly line: number;
  /** For people, and to recognise the mutant again: `a === b  ->  a !== b`. */
  readonly what: string;
}

/** A source file in which every comparison asks `globalThis.danubeMutation` (switches.ts) how it is to compare. */
export interface Instrumented {
  /** JavaScript, on the same lines as the source. */
  readonly code: string;
  /** In the order of their numbers, which begin with the one that was given. */
  readonly mutants: readonly Mutant[];
}

/** What else an operator could have been, and the switch that decides; the switches take the alternatives in this order. */
const COMPARISONS: ReadonlyMap<string, { readonly others: readonly string[]; readonly by: string }> = new Map(
  [
    ['===', { others: ['!=='], by: 'same' }],
    ['!==', { others: ['==='], by: 'different' }],
    ['<', { others: ['<=', '>='], by: 'less' }],
    ['<=', { others: ['<', '>'], by: 'lessOrSame' }],
    ['>', { others: ['>=', '<='], by: 'more' }],
    ['>=', { others: ['>', '<'], by: 'moreOrSame' }],
  ],
);

const CONNECTIVES: ReadonlyMap<string, { readonly other: string; readonly by: string }> = new Map([
  ['&&', { other: '||', by: 'and' }],
  ['||', { other: '&&', by: 'or' }],
]);

/** Calls that decide something: answering the other one of two. */
const QUANTIFIERS: ReadonlyMap<string, string> = new Map([
  ['some', 'every'],
  ['every', 'some'],
]);

/** A piece of the text that is replaced by another, both possibly empty. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Of edits at one place, the order: what closes the inner before what closes the outer, then what opens the outer. */
  readonly rank: number;
}

/**
 * Puts every change of a comparison, a connective, a negation, a quantifier or a truth value into one file, each behind a
 * switch: so it is read once, and a test run costs no more than the tests.
 *
 * @throws SyntaxError for what is not TypeScript that Node.js runs.
 */
export function instrument(source: string, firstNumber: number): Instrumented {
  // Types become blanks, so that offsets stay what they are in the source.
  const script = stripTypeScriptTypes(source);
  const tokens: Token[] = [];
  const program: Program = parse(script, { ecmaVersion: 'latest', sourceType: 'module', onToken: tokens });
  const mutants: Mutant[] = [];
  const edits: Edit[] = [];

  /** Notes the change, and gives its number. */
  const add = (start: number, end: number, replacement: string, shown: Node): number => {
    const before = source.slice(shown.start, shown.end);
    const after = source.slice(shown.start, start) + replacement + source.slice(end, shown.end);
    const line = source.slice(0, start).split('\n').length;
    return firstNumber + mutants.push({ line, what: `${oneLine(before)}  ->  ${oneLine(after)}` }) - 1;
  };
  const open = (node: Node, text: string): void => {
    edits.push({ start: node.start, end: node.start, text, rank: 1 / (node.end - node.start) });
  };
  const close = (node: Node, text: string): void => {
    edits.push({ start: node.end, end: node.end, text, rank: -1 / (node.end - node.start) });
  };
  const replace = (start: number, end: number, text: string): void => {
    edits.push({ start, end, text, rank: 1 });
  };

  full(program, (node) => {
    const expression = node as Expression;
    if (expression.type === 'BinaryExpression') {
      const { others, by } = COMPARISONS.get(expression.operator) ?? {};
      if (others === undefined || by === undefined) return;
      const { start, end } = tokenBehind(script, tokens, expression.left.end, expression.operator);
      const [first] = others.map((other) => add(start, end, other, expression));
      open(expression, `danubeMutation.${by}(${first},`);
      replace(start, end, ',');
      close(expression, ')');
    } else if (expression.type === 'LogicalExpression') {
      const { other, by } = CONNECTIVES.get(expression.operator) ?? {};
      if (other === undefined || by === undefined) return;
      const { start, end } = tokenBehind(script, tokens, expression.left.end, expression.operator);
      open(expression, `(danubeMutation.${by}(${add(start, end, other, expression)},`);
      replace(start, end, ')?');
      close(expression, ':danubeMutation.left)');
    } else if (expression.type === 'UnaryExpression' && expression.operator === '!') {
      const number = add(expression.start, expression.start + 1, '', expression);
      open(expression, `danubeMutation.not(${number},`);
      replace(expression.start, expression.start + 1, '');
      close(expression, ')');
    } else if (expression.type === 'Literal' && typeof expression.value === 'boolean') {
      const number = add(expression.start, expression.end, String(!expression.value), expression);
      replace(expression.start, expression.end, `danubeMutation.truth(${number},${expression.value})`);
    } else if (expression.type === 'CallExpression' && expression.callee.type === 'MemberExpression') {
      const { object, property, optional } = expression.callee;
      const other = property.type === 'Identifier' ? QUANTIFIERS.get(property.name) : undefined;
      if (property.type !== 'Identifier' || other === undefined) return;
      const number = add(property.start, property.end, other, expression);
      const dot = tokenBehind(script, tokens, object.end, optional ? '?.' : '.');
      const name = `danubeMutation.quantifier(${number},'${property.name}')`;
      replace(dot.start, property.end, `${optional ? '?.' : ''}[${name}]`);
    }
  });
  return { code: applyEdits(script, edits), mutants };
}

/** The operator behind its left side: only closing parentheses and comments can stand between. */
function tokenBehind(script: string, tokens: readonly Token[], from: number, text: string): Token {
  const token = tokens.find(({ start, end }) => start >= from && script.slice(start, end) === text);
  if (token === undefined) throw new SyntaxError(`there is no ${text} behind offset ${from}`);
  return token;
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.rank - b.rank)) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
