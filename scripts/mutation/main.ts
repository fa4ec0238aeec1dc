// npm run mutation [-- PATH...]   Changes each comparison of what guards (targets.ts), one after the other, and lists the
// changes that no test notices. PATH is a source file or a folder of them; without any, all. Exit 1 when a change is
// unnoticed and not explained in explained.ts.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { ROOT } from '../repository.ts';
import { EXPLAINED } from './explained.ts';
import { instrument, type Mutant } from './mutants.ts';
import { isNoticing, isTarget, TOO_SLOW } from './targets.ts';
import { WorkerProcess } from './worker-process.ts';
import type { Met, Task } from './worker.ts';

/** Two, whatever the machine has: beside the work of people. */
const WORKERS = 2;
/** How many tests a process tries that has tried other changes before; those that come first mostly notice. */
const AT_ONCE = 200;

interface Job extends Mutant {
  readonly number: number;
  /** Below the repository. */
  readonly file: string;
}

interface Meeting {
  /** Those of the module of the same name first, then the fastest. */
  readonly tests: readonly number[];
  /** How long they take. */
  readonly milliseconds: number;
  /** Whether a module meets the mutant when it is loaded: then every test may notice. */
  readonly isStatic: boolean;
}

/** Which tests meet each mutant. */
function meetings(met: readonly Met[], whenLoaded: readonly number[]): (job: Job) => Meeting {
  const fastestFirst = [...met.entries()].sort(([, a], [, b]) => a.milliseconds - b.milliseconds);
  const testsOf = new Map<number, number[]>();
  for (const [test, { mutants }] of fastestFirst) {
    for (const mutant of mutants) testsOf.set(mutant, [...(testsOf.get(mutant) ?? []), test]);
  }
  const everywhere = new Set(whenLoaded);
  return ({ number, file }) => {
    const isStatic = everywhere.has(number);
    const all = isStatic ? fastestFirst.map(([test]) => test) : (testsOf.get(number) ?? []);
    const isOwn = (test: number): boolean =>
      met[test]?.title.includes(`/${basename(file, '.ts')}.test.ts`) === true;
    const tests = [...all.filter(isOwn), ...all.filter((test) => !isOwn(test))];
    const milliseconds = tests.reduce((sum, test) => sum + (met[test]?.milliseconds ?? 0), 0);
    return { tests, milliseconds, isStatic };
  };
}

/** Tries the changes that are left, until there are none. */
class Worker {
  readonly #task: Task;
  readonly #temporaryFolder: string;
  #process: WorkerProcess | undefined;

  constructor(task: Task, temporaryFolder: string) {
    this.#task = task;
    this.#temporaryFolder = temporaryFolder;
  }

  async isNoticed(mutant: number, meeting: Meeting): Promise<boolean> {
    if (meeting.tests.length === 0) return false;
    if (!meeting.isStatic && (await this.#isNoticedAtOnce(mutant, meeting))) return true;
    return this.#isNoticedFromTheStart(mutant, meeting);
  }

  end(): void {
    this.#process?.end();
    this.#process = undefined;
  }

  /** By a process that has tried others before, which is fast. */
  async #isNoticedAtOnce(mutant: number, { tests, milliseconds }: Meeting): Promise<boolean> {
    this.#process ??= await WorkerProcess.start(this.#task, this.#temporaryFolder);
    const notice = await this.#process.notices(mutant, tests.slice(0, AT_ONCE), milliseconds);
    // The process, or what the change left in it, is of no use to the next.
    if (notice === 'hangs' || notice === 'spoilt') this.end();
    return notice === 'yes';
  }

  /** By a process of its own: what a module keeps from earlier tests can hide a change, or make another test fail. */
  async #isNoticedFromTheStart(mutant: number, { tests, milliseconds }: Meeting): Promise<boolean> {
    const process = await WorkerProcess.start({ ...this.#task, mutant }, this.#temporaryFolder).catch(
      () => undefined,
    );
    const notice = (await process?.notices(mutant, tests, milliseconds)) ?? 'yes';
    process?.end();
    return notice !== 'no';
  }
}

/** Every mutant of the sources, numbered, and where the numbers of each source begin. */
function readJobs(files: readonly string[]): {
  readonly jobs: Job[];
  readonly sources: Record<string, number>;
} {
  const jobs: Job[] = [];
  const sources: Record<string, number> = {};
  for (const file of files) {
    const path = join(ROOT, file);
    const first = jobs.length;
    sources[path] = first;
    const { mutants } = instrument(readFileSync(path, 'utf8'), first);
    jobs.push(...mutants.map((mutant, index) => ({ ...mutant, number: first + index, file })));
  }
  return { jobs, sources };
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

const files = filesBelow('packages').filter(isTarget);
const chosen = process.argv.slice(2).map((path) => relative(ROOT, resolve(path)));
const isChosen = (file: string): boolean =>
  chosen.length === 0 || chosen.some((path) => file === path || file.startsWith(`${path}/`));
const { jobs, sources } = readJobs(files.filter(isChosen));
if (jobs.length === 0) {
  process.stderr.write(`no comparison of what guards in ${chosen.join(', ')}\n`);
  process.exit(2);
}
const total = jobs.length;
const task: Task = {
  sources,
  without: TOO_SLOW,
  tests: [...filesBelow('packages'), ...filesBelow('scripts')]
    .filter(isNoticing)
    .map((file) => join(ROOT, file)),
};

const temporaryFolder = mkdtempSync(join(tmpdir(), 'danube-mutation-'));
const explanations = new Map(EXPLAINED.map(({ file, what, why }) => [`${file} ${what}`, why]));
const unnoticed = { explained: 0, unexplained: 0 };
let meet: (job: Job) => Meeting;
try {
  const recorder = await WorkerProcess.start(task, temporaryFolder);
  const { failed, met = [] } = await recorder.ask({ tests: 'all', record: true });
  recorder.end();
  if (failed !== undefined) throw new Error(`fails without any change: ${failed.title}: ${failed.error}`);
  meet = meetings(met, recorder.mutantsMet);
  await Promise.all(Array.from({ length: WORKERS }, work));
} finally {
  rmSync(temporaryFolder, { recursive: true, force: true });
}

function report(job: Job): void {
  const { file, line, what } = job;
  const why = explanations.get(`${file} ${what}`);
  unnoticed[why === undefined ? 'unexplained' : 'explained'] += 1;
  const told = why ?? (meet(job).tests.length === 0 ? 'NO TEST COMES HERE' : 'NOT EXPLAINED');
  process.stdout.write(`${file}:${line}: ${what}\n    ${told}\n`);
}

async function work(): Promise<void> {
  const worker = new Worker(task, temporaryFolder);
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    if (process.stderr.isTTY) process.stderr.write(`${total - jobs.length} of ${total}\r`);
    // oxlint-disable-next-line no-await-in-loop -- one change at a time
    if (!(await worker.isNoticed(job.number, meet(job)))) report(job);
  }
  worker.end();
}

process.stdout.write(
  `${total} changes: ${total - unnoticed.explained - unnoticed.unexplained} noticed, ${unnoticed.explained} explained, ${unnoticed.unexplained} unexplained\n`,
);
if (unnoticed.unexplained > 0) process.exitCode = 1;
