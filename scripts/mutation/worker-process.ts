import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Loaded, Request, Task } from './worker.ts';

/** A change can make a loop endless: how long to wait, beside this many times what the tests took. */
const PATIENCE = { milliseconds: 10_000, times: 50 } as const;

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
    const loaded = (await reply(child)) as Loaded | undefined;
    if (loaded !== undefined && 'tests' in loaded) return new WorkerProcess(child, loaded.mutants);
    child.kill('SIGKILL');
    throw new Error(`cannot load the tests: ${loaded?.error ?? 'the process ended'}`);
  }

  /** @throws Error when the process ends, or says nothing for long. */
  async ask(request: Request, milliseconds?: number): Promise<Answer> {
    this.#child.send(request);
    const answer = (await reply(this.#child, milliseconds)) as Answer | undefined;
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }

  /** Whether one of the tests fails with the change and passes without it. */
  async notices(mutant: number, tests: readonly number[], milliseconds: number): Promise<Notice> {
    const patience = PATIENCE.milliseconds + PATIENCE.times * milliseconds;
    try {
      const { failed } = await this.ask({ mutant, tests }, patience);
      if (failed === undefined) return 'no';
      const { failed: again } = await this.ask({ tests: [failed.test] }, patience);
      return again === undefined ? 'yes' : 'spoilt';
    } catch {
      return 'hangs';
    }
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
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
