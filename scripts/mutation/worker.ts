// Started by main.ts, which speaks to it by messages: loads instrumented sources and the tests, and runs what it is asked to.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { collect, runTest, type CollectedTest } from './collector.ts';
import { instrument } from './mutants.ts';
import { Switches } from './switches.ts';

/** What a worker is started with, as JSON in its arguments. */
export interface Task {
  /** Sources to instrument, by path, and the number of the first mutant of each. */
  readonly sources: Readonly<Record<string, number>>;
  /** Test files, by path. */
  readonly tests: readonly string[];
  /** No tests whose file and titles match. */
  readonly without: string;
  /** The mutant that is on while all of this is loaded. */
  readonly mutant?: number;
}

/** Run these tests, one after the other, until one fails. */
export interface Request {
  readonly mutant?: number;
  readonly tests: readonly number[] | 'all';
  /** Whether to say which mutants each test meets. */
  readonly record?: boolean;
}

export interface Met {
  readonly title: string;
  readonly milliseconds: number;
  readonly mutants: readonly number[];
}

/** What a worker says when it has loaded everything, or why it could not. */
export type Loaded =
  { readonly tests: number; readonly mutants: readonly number[] } | { readonly error: string };

export interface Answer {
  /** The test that failed. */
  readonly failed?: { readonly test: number; readonly title: string; readonly error: string };
  readonly met?: readonly Met[];
}

const task = JSON.parse(process.argv[2] ?? '') as Task;
const switches = new Switches();
Object.assign(globalThis, { danubeMutation: switches });

const sources = new Map(
  Object.entries(task.sources).map(([path, first]) => [pathToFileURL(path).href, { path, first }]),
);
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'node:test' ? new URL('collector.ts', import.meta.url).href : specifier, context),
  load: (url, context, next) => {
    const source = sources.get(url);
    if (source === undefined) return next(url, context);
    const { code } = instrument(readFileSync(source.path, 'utf8'), source.first);
    return { format: 'module', source: code, shortCircuit: true };
  },
});

/** What goes wrong beside a test counts against it. */
let accident: unknown;
process.on('unhandledRejection', (error) => {
  accident = error;
});

async function answer(
  tests: readonly CollectedTest[],
  { mutant, tests: asked, record }: Request,
): Promise<Answer> {
  const met: Met[] = [];
  for (const number of asked === 'all' ? tests.keys() : asked) {
    const test = tests[number];
    if (test === undefined) throw new RangeError(`there is no test ${number}`);
    switches.active = mutant;
    switches.asked = record === true ? new Set() : undefined;
    const start = performance.now();
    try {
      // oxlint-disable-next-line no-await-in-loop -- one mutant and one test at a time
      await runTest(test);
      if (accident !== undefined) throw accident;
    } catch (error) {
      return { failed: { test: number, title: test.title, error: String(error) } };
    } finally {
      switches.active = undefined;
      accident = undefined;
    }
    const milliseconds = performance.now() - start;
    if (switches.asked !== undefined)
      met.push({ title: test.title, milliseconds, mutants: [...switches.asked] });
  }
  return record === true ? { met } : {};
}

async function load(): Promise<readonly CollectedTest[]> {
  switches.active = task.mutant;
  switches.asked = new Set();
  const tests = await collect(task.tests, new RegExp(task.without));
  if (accident !== undefined) throw accident;
  const loaded: Loaded = { tests: tests.length, mutants: [...switches.asked] };
  switches.active = undefined;
  switches.asked = undefined;
  process.send?.(loaded);
  return tests;
}

try {
  const tests = await load();
  process.on('message', (request: Request) => {
    void answer(tests, request).then((result) => process.send?.(result));
  });
} catch (error) {
  const loaded: Loaded = { error: String(error) };
  process.send?.(loaded, () => process.exit(1));
}
