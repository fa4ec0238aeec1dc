import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { MalformedError } from 'in-toto-attestation';
import type { TestOutcomes } from './tap.ts';

/**
 * Reads JUnit XML as test runners write it: `testsuites`, `testsuite` in any depth, `testcase`. A test is named by the way to it,
 * `suite > class > test`, a repeated part once. A suite that counts failures and has no test that failed counts as one itself.
 *
 * @throws {MalformedError} `ERR_VALUE` for what is not well-formed or no JUnit XML, has a document type, or ran no test.
 */
export function parseJUnit(text: string): TestOutcomes {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw malformed('a document type is not allowed');
  const valid = XMLValidator.validate(text);
  if (valid !== true)
    throw malformed(`not well-formed XML at line ${valid.err.line}, column ${valid.err.col}`);
  const root: unknown = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseAttributeValue: false,
    parseTagValue: false,
    isArray: (name, _path, _isLeaf, isAttribute) => !isAttribute && ELEMENTS.has(name),
  }).parse(text);
  const outcomes: TestOutcomes = { passed: [], failed: [], warned: [] };
  const top = [...childrenOf(root, 'testsuites'), ...childrenOf(root, 'testsuite')];
  if (top.length === 0) throw malformed('expected testsuites or testsuite');
  for (const suite of top) readSuite(suite, [], outcomes);
  if (outcomes.passed.length + outcomes.failed.length === 0) throw malformed('no test ran');
  return outcomes;
}

const ELEMENTS: ReadonlySet<string> = new Set([
  'testsuites',
  'testsuite',
  'testcase',
  'failure',
  'error',
  'skipped',
]);

function readSuite(suite: unknown, above: readonly string[], outcomes: TestOutcomes): void {
  const path = [...above, attributeOf(suite, 'name')];
  const before = outcomes.failed.length;
  for (const inner of childrenOf(suite, 'testsuite')) readSuite(inner, path, outcomes);
  for (const test of childrenOf(suite, 'testcase')) readCase(test, path, outcomes);
  const counted = Number(attributeOf(suite, 'failures')) + Number(attributeOf(suite, 'errors'));
  if (!(counted >= 0)) throw malformed('failures and errors of a suite have to be numbers');
  const isBroken = counted > 0 || childrenOf(suite, 'error').length > 0;
  if (isBroken && outcomes.failed.length === before) outcomes.failed.push(nameOf(path));
}

function readCase(test: unknown, above: readonly string[], outcomes: TestOutcomes): void {
  const name = nameOf([...above, attributeOf(test, 'classname'), attributeOf(test, 'name')]);
  if (childrenOf(test, 'failure').length + childrenOf(test, 'error').length > 0) outcomes.failed.push(name);
  else if (childrenOf(test, 'skipped').length === 0) outcomes.passed.push(name);
}

/** Runners repeat the suite as the class of its tests. */
function nameOf(path: readonly string[]): string {
  const parts = path.filter((part, index) => part !== '' && part !== path[index - 1]);
  return parts.length === 0 ? 'unnamed' : parts.join(' > ');
}

function childrenOf(element: unknown, name: string): readonly unknown[] {
  const value = memberOf(element, name);
  return Array.isArray(value) ? value : [];
}

function attributeOf(element: unknown, name: string): string {
  const value = memberOf(element, `@${name}`);
  return typeof value === 'string' ? value.trim() : '';
}

function memberOf(element: unknown, name: string): unknown {
  if (typeof element !== 'object' || element === null || !Object.hasOwn(element, name)) return undefined;
  return Reflect.get(element, name);
}

function malformed(message: string): MalformedError {
  return new MalformedError('ERR_VALUE', '', `JUnit XML: ${message}`);
}
