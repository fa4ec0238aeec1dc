import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Loaded, Request, Task } from './worker.ts';

/** A change can make a loop endless: how long to wait for tests, beside this many times what they took. */
const PATIENCE = { milliseconds: 5_000, times: 30 } as const;
/** The same for loading them all, which a busy machine does in a minute. */
const LOADING_MILLISECONDS = 300_000;
/** Tests are asked for as many at once as take so long, so that not all of them are waited for where one does not end. */
const BATCH_MILLISECONDS = 100;

/** A test, by its number, and how long it takes without a change. */
export interface TimedTest {
  readonly test: number;
  readonly milliseconds: number;
}

/** `spoilt`: something fails without the change as well, now that the change was tried. */
export type Notice = 'yes' | 'no' | 'hangs' | 'spoilt';

/** A process that has loaded the tests, and runs them as often as it is asked to. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  /** Of the mutants, those that loading alone has met. */
  readonly mutantsMet: readonly number[];

  private constructor(child: ChildProcess, mutantsMet: readonly number[]) {
    this.#child = child;
    this.mutantsMet = mutantsMet;
  }

  /** @throws Error when the tests cannot be loaded. */
  static async start(task: Task, temporaryFolder: string): Promise<WorkerProcess> {
    const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), [JSON.stringify(task)], {
      execArgv: [
        '--conditions=@danube/source',
        '--disable-warning=ExperimentalWarning',
        '--max-old-space-size=1024',
      ],
      env: { ...process.env, TMPDIR: temporaryFolder },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const loaded = (await reply(child, LOADING_MILLISECONDS)) as Loaded | undefined;
    if (loaded !== undefined && 'tests' in loaded) return new WorkerProcess(child, loaded.mutants);
    child.kill('SIGKILL');
    throw new Error(`cannot load the tests: ${loaded?.error ?? 'they do not end, or end the process'}`);
  }

  /** @throws Error when the process ends, or says nothing for long. */
  async ask(request: Request, milliseconds?: number): Promise<Answer> {
    this.#child.send(request);
    const answer = (await reply(this.#child, milliseconds)) as Answer | undefined;
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }

  /** Whether one of the tests fails with the change and passes without it. */
  async notices(mutant: number, tests: readonly TimedTest[]): Promise<Notice> {
    try {
      for (const batch of batchesOf(tests)) {
        const patience = PATIENCE.milliseconds + PATIENCE.times * millisecondsOf(batch);
        // oxlint-disable-next-line no-await-in-loop -- the first that fails is enough
        const { failed } = await this.ask({ mutant, tests: batch.map(({ test }) => test) }, patience);
        if (failed === undefined) continue;
        // oxlint-disable-next-line no-await-in-loop -- the same
        const { failed: again } = await this.ask({ tests: [failed.test] }, patience);
        return again === undefined ? 'yes' : 'spoilt';
      }
      return 'no';
    } catch {
      return 'hangs';
    }
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

function millisecondsOf(tests: readonly TimedTest[]): number {
  return tests.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
}

function* batchesOf(tests: readonly TimedTest[]): Generator<readonly TimedTest[]> {
  let batch: TimedTest[] = [];
  for (const test of tests) {
    batch.push(test);
    if (millisecondsOf(batch) < BATCH_MILLISECONDS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The next message; undefined when the process ends before, or the time does. */
function reply(child: ChildProcess, milliseconds?: number): Promise<unknown> {
  return new Promise((done) => {
    const finish = (message?: unknown): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      done(message);
    };
    const timer = milliseconds === undefined ? undefined : setTimeout(finish, milliseconds);
    child.once('message', finish);
    child.once('exit', () => {
      finish();
    });
  });
}
