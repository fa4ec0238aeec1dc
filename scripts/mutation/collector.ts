/**
 * Stands in for `node:test`, which runs a test once and in an order of its own: collects the tests of the files that are
 * imported, to run any of them, any number of times. As much of the interface as our tests use.
 */
type Body = (context: TestContext) => unknown;
type Hook = () => unknown;
type HookKind = 'before' | 'after' | 'beforeEach' | 'afterEach';

interface Suite {
  readonly title: string;
  readonly parent: Suite | undefined;
  readonly hooks: Readonly<Record<HookKind, Hook[]>>;
  /** Whether its first hooks have run. It ends with the process only, because its tests may run again. */
  hasBegun: boolean;
}

interface TestContext {
  readonly name: string;
  readonly after: (hook: Hook) => void;
  readonly skip: (reason?: string) => void;
  readonly diagnostic: (message: string) => void;
  /** The real one; what it changed is as before when the test has ended. */
  readonly mock: Mock;
}

type Mock = typeof import('node:test').mock;
const { mock }: { mock: Mock } = process.getBuiltinModule('node:test');

/** A test as it was declared. */
export interface CollectedTest {
  /** The file and the titles around it. */
  readonly title: string;
  readonly suite: Suite;
  readonly body: Body;
}

function suiteIn(parent: Suite | undefined, title: string): Suite {
  return { title, parent, hooks: { before: [], after: [], beforeEach: [], afterEach: [] }, hasBegun: false };
}

let current: Suite = suiteIn(undefined, '');
/** What a running test asked to do when it has ended. */
let cleanUp: Hook[] | undefined;
const tests: CollectedTest[] = [];

/** Imports test files, and gives the tests in them, in an order that is the same each time. */
export async function collect(files: readonly string[], without: RegExp): Promise<readonly CollectedTest[]> {
  for (const file of files) {
    current = suiteIn(undefined, file);
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that each has its own suite
    await import(file);
  }
  return tests.filter(({ title }) => !without.test(title));
}

/** Runs one test with everything around it. Throws what the test throws. */
export async function runTest({ title, suite, body }: CollectedTest): Promise<void> {
  const suites = suitesAround(suite);
  const hooks: Hook[] = [];
  cleanUp = hooks;
  const context: TestContext = {
    name: title,
    after: (hook) => void hooks.push(hook),
    skip: () => undefined,
    diagnostic: () => undefined,
    mock,
  };
  try {
    for (const suite of suites) await begin(suite);
    for (const { hooks } of suites) await runAll(hooks.beforeEach);
    await body(context);
  } finally {
    mock.timers.reset();
    mock.reset();
    await runAll(hooks);
    for (const { hooks } of suites.toReversed()) await runAll(hooks.afterEach);
    cleanUp = undefined;
  }
}

async function begin(suite: Suite): Promise<void> {
  if (suite.hasBegun) return;
  suite.hasBegun = true;
  await runAll(suite.hooks.before);
}

async function runAll(hooks: readonly Hook[]): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- hooks run one after the other
  for (const hook of hooks) await hook();
}

/** The outermost first. */
function suitesAround(suite: Suite): Suite[] {
  return suite.parent === undefined ? [suite] : [...suitesAround(suite.parent), suite];
}

export function describe(title: string, ...rest: readonly unknown[]): void {
  const outer = current;
  current = suiteIn(outer, title);
  const suite = current;
  const body = rest.at(-1) as () => unknown;
  if (body() !== undefined) throw new TypeError(`${title}: a suite declares its tests at once`);
  if (current !== suite) throw new TypeError(`${title}: suites overlap`);
  current = outer;
}

export function it(title: string, ...rest: readonly unknown[]): void {
  const titles = [...suitesAround(current).map((suite) => suite.title), title];
  tests.push({ title: titles.join(' > '), suite: current, body: rest.at(-1) as Body });
}

export const before = (hook: Hook): void => declare('before', hook);
export const after = (hook: Hook): void => declare('after', hook);
export const beforeEach = (hook: Hook): void => declare('beforeEach', hook);
export const afterEach = (hook: Hook): void => declare('afterEach', hook);

function declare(kind: HookKind, hook: Hook): void {
  if (cleanUp === undefined) current.hooks[kind].push(hook);
  else if (kind === 'after') cleanUp.push(hook);
  else throw new TypeError(`${kind} in a test`);
}
