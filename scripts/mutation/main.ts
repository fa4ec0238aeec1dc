// npm run mutation [-- PATH...]   Changes each comparison of what guards (targets.ts), one after the other, and lists the
// changes that no test notices. PATH is a source file or a folder of them; without any, all. Exit 1 when a change is
// unnoticed and not explained in explained.ts.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { readArguments, refuseArguments } from '../arguments.ts';
import { ROOT } from '../repository.ts';
import { EXPLAINED } from './explained.ts';
import { instrument, type Mutant } from './mutants.ts';
import { sourcesOf, TARGETS, testsOf, TOO_SLOW } from './targets.ts';
import { type TimedTest, WorkerProcess } from './worker-process.ts';
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
  readonly tests: readonly TimedTest[];
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
    const tests = [...all.filter(isOwn), ...all.filter((test) => !isOwn(test))].map((test) => ({
      test,
      milliseconds: met[test]?.milliseconds ?? 0,
    }));
    return { tests, isStatic };
  };
}

/** `endless`: no test fails, and they do not come to an end, or end the process. */
type Result = 'noticed' | 'endless' | 'unnoticed';

/** Tries the changes that are left, until there are none. */
class Worker {
  readonly #task: Task;
  readonly #temporaryFolder: string;
  #process: WorkerProcess | undefined;

  constructor(task: Task, temporaryFolder: string) {
    this.#task = task;
    this.#temporaryFolder = temporaryFolder;
  }

  async try(mutant: number, meeting: Meeting): Promise<Result> {
    if (meeting.tests.length === 0) return 'unnoticed';
    if (!meeting.isStatic && (await this.#isNoticedAtOnce(mutant, meeting))) return 'noticed';
    return this.#tryFromTheStart(mutant, meeting);
  }

  end(): void {
    this.#process?.end();
    this.#process = undefined;
  }

  /** By a process that has tried others before, which is fast. */
  async #isNoticedAtOnce(mutant: number, { tests }: Meeting): Promise<boolean> {
    this.#process ??= await WorkerProcess.start(this.#task, this.#temporaryFolder);
    const notice = await this.#process.notices(mutant, tests.slice(0, AT_ONCE));
    // The process, or what the change left in it, is of no use to the next.
    if (notice === 'hangs' || notice === 'spoilt') this.end();
    return notice === 'yes';
  }

  /** By a process of its own: what a module keeps from earlier tests can hide a change, or make another test fail. */
  async #tryFromTheStart(mutant: number, { tests }: Meeting): Promise<Result> {
    const process = await WorkerProcess.start({ ...this.#task, mutant }, this.#temporaryFolder).catch(
      () => undefined,
    );
    const notice = (await process?.notices(mutant, tests)) ?? 'yes';
    process?.end();
    return notice === 'no' ? 'unnoticed' : notice === 'hangs' ? 'endless' : 'noticed';
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

const explanations = new Map(EXPLAINED.map(({ file, what, why }) => [`${file} ${what}`, why]));

/** What came out for one source file, said when all its changes have been tried. */
class Outcome {
  readonly #file: string;
  readonly #total: number;
  #tried = 0;
  #endless = 0;
  readonly #unnoticed: { readonly job: Job; readonly why: string | undefined; readonly hasTests: boolean }[] =
    [];

  constructor(file: string, total: number) {
    this.#file = file;
    this.#total = total;
  }

  get counts(): Counts {
    const explained = this.#unnoticed.filter(({ why }) => why !== undefined).length;
    const unexplained = this.#unnoticed.length - explained;
    const noticed = this.#total - this.#unnoticed.length;
    return { changes: this.#total, noticed, endless: this.#endless, explained, unexplained };
  }

  /** Explanations of this file that nothing is left of which they could explain. */
  get outdated(): readonly string[] {
    const used = new Set(this.#unnoticed.map(({ job }) => job.what));
    return EXPLAINED.filter(({ file, what }) => file === this.#file && !used.has(what)).map(
      ({ what }) => what,
    );
  }

  add(job: Job, result: Result, meeting: Meeting): void {
    this.#tried += 1;
    if (result === 'endless') this.#endless += 1;
    const why = explanations.get(`${job.file} ${job.what}`);
    if (result === 'unnoticed') this.#unnoticed.push({ job, why, hasTests: meeting.tests.length > 0 });
    if (this.#tried === this.#total) this.#print();
  }

  #print(): void {
    const lines = this.#unnoticed
      .toSorted((a, b) => a.job.number - b.job.number)
      .map(({ job: { file, line, what }, why, hasTests }) => {
        return `  ${file}:${line}: ${what}\n    ${why ?? (hasTests ? 'NOT EXPLAINED' : 'NO TEST COMES HERE')}`;
      });
    const outdated = this.outdated.map((what) => `  ${what}\n    IS NOTICED, AND EXPLAINED ALL THE SAME`);
    process.stdout.write(`${[`${this.#file}: ${told(this.counts)}`, ...lines, ...outdated].join('\n')}\n`);
  }
}

interface Counts {
  readonly changes: number;
  readonly noticed: number;
  /** Of the noticed ones, those because of which tests do not end. */
  readonly endless: number;
  readonly explained: number;
  readonly unexplained: number;
}

function told({ changes, noticed, endless, explained, unexplained }: Counts): string {
  const by = endless === 0 ? '' : ` (${endless} by tests that do not end)`;
  return `${changes} changes: ${noticed} noticed${by}, ${explained} explained, ${unexplained} unexplained`;
}

/** Tries all changes of these sources. */
async function tryChanges(
  { jobs, sources }: ReturnType<typeof readJobs>,
  tests: readonly string[],
): Promise<readonly Outcome[]> {
  const temporaryFolder = mkdtempSync(join(tmpdir(), 'danube-mutation-'));
  const task: Task = { sources, without: TOO_SLOW, tests: tests.map((file) => join(ROOT, file)) };
  const outcomes = new Map(
    [...Map.groupBy(jobs, ({ file }) => file)].map(([file, { length }]) => [file, new Outcome(file, length)]),
  );
  const waiting = jobs.values();
  const work = async (meet: (job: Job) => Meeting): Promise<void> => {
    const worker = new Worker(task, temporaryFolder);
    for (const job of waiting) {
      if (process.stderr.isTTY) process.stderr.write(`${job.number + 1} of ${jobs.length}\r`);
      const meeting = meet(job);
      // oxlint-disable-next-line no-await-in-loop -- one change at a time
      outcomes.get(job.file)?.add(job, await worker.try(job.number, meeting), meeting);
    }
    worker.end();
  };
  try {
    const recorder = await WorkerProcess.start(task, temporaryFolder);
    const { failed, met = [] } = await recorder.ask({ tests: 'all', record: true });
    recorder.end();
    if (failed !== undefined) throw new Error(`fails without any change: ${failed.title}: ${failed.error}`);
    const meet = meetings(met, recorder.mutantsMet);
    await Promise.all(Array.from({ length: WORKERS }, () => work(meet)));
  } finally {
    rmSync(temporaryFolder, { recursive: true, force: true });
  }
  return [...outcomes.values()];
}

const { positionals } = readArguments('mutation', { allowPositionals: true });
const chosen = positionals.map((path) => relative(ROOT, resolve(path)));
const isBelow = (file: string, path: string): boolean => file === path || file.startsWith(`${path}/`);
const isChosen = (file: string): boolean => chosen.length === 0 || chosen.some((path) => isBelow(file, path));
const files = [...filesBelow('packages'), ...filesBelow('scripts')];
const guards = TARGETS.flatMap((target) => sourcesOf(target, files));
const strange = chosen.find((path) => !guards.some((file) => isBelow(file, path)));
if (strange !== undefined) refuseArguments('mutation', `${strange} is no source that guards (targets.ts)`);
const outcomes: Outcome[] = [];
for (const target of TARGETS) {
  const work = readJobs(sourcesOf(target, files).filter(isChosen));
  // oxlint-disable-next-line no-await-in-loop -- two processes are enough
  if (work.jobs.length > 0) outcomes.push(...(await tryChanges(work, testsOf(target, files))));
}
if (outcomes.length === 0) refuseArguments('mutation', `there is no comparison in ${chosen.join(', ')}`);
const sum = (key: keyof Counts): number => outcomes.reduce((total, { counts }) => total + counts[key], 0);
const all: Counts = {
  changes: sum('changes'),
  noticed: sum('noticed'),
  endless: sum('endless'),
  explained: sum('explained'),
  unexplained: sum('unexplained'),
};
process.stdout.write(`${told(all)}\n`);
if (all.unexplained > 0 || outcomes.some(({ outdated }) => outdated.length > 0)) process.exitCode = 1;
