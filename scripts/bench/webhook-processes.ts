import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process of the benchmark, that answers questions sent to it. */
export class Actor {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts a script of this folder, on one processor where that can be had. */
  static async start(
    script: string,
    args: readonly string[],
    processor: number | undefined,
  ): Promise<{ readonly actor: Actor; readonly ready: unknown }> {
    const node = [process.execPath, ...process.execArgv, '--expose-gc', join(import.meta.dirname, script)];
    const [program = '', ...rest] =
      processor === undefined ? node : ['taskset', '-c', String(processor), ...node];
    const child = spawn(program, [...rest, ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const actor = new Actor(child);
    return { actor, ready: await actor.#hear() };
  }

  /** @returns what the process answers to a message. */
  async ask(message: object): Promise<unknown> {
    this.#child.send(message);
    return this.#hear();
  }

  /** Seconds that the process has computed. */
  async cpuSeconds(): Promise<number> {
    return Number(await this.ask({ kind: 'cpu' }));
  }

  /** Bytes of the objects that are alive. */
  async heapBytes(): Promise<number> {
    return Number(await this.ask({ kind: 'heap' }));
  }

  /** It ends by itself when nobody listens to it any more. */
  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  async #hear(): Promise<unknown> {
    const gone = new AbortController();
    const end = (): void => gone.abort(new Error('a process of the benchmark ended'));
    this.#child.once('exit', end);
    try {
      const [answer]: unknown[] = await once(this.#child, 'message', { signal: gone.signal });
      return answer;
    } finally {
      this.#child.off('exit', end);
    }
  }
}

/** What every process of the benchmark answers. */
export function answerAsActor(more: (message: unknown) => Promise<unknown> = () => Promise.resolve()): void {
  process.on('message', (message: unknown) => {
    if (isKind(message, 'cpu')) {
      const { user, system } = process.cpuUsage();
      process.send?.((user + system) / 1e6);
    } else if (isKind(message, 'heap')) {
      globalThis.gc?.();
      process.send?.(process.memoryUsage().heapUsed);
    } else {
      void more(message).then((answer) => process.send?.(answer));
    }
  });
  process.on('disconnect', () => process.exit(0));
}

function isKind(message: unknown, kind: string): boolean {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === kind;
}

/** A processor for whoever is measured, and one for all others; `undefined` where there are not two, or no `taskset`. */
export interface Processors {
  readonly measured: number;
  readonly others: number;
}

export function twoProcessors(): Processors | undefined {
  if (spawnSync('taskset', ['--version']).status !== 0) return undefined;
  const list = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const allowed = list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  const [measured, others] = allowed;
  return measured === undefined || others === undefined ? undefined : { measured, others };
}

/** Runs `work` with this process on one processor. */
export async function onProcessor<Value>(
  processors: Processors | undefined,
  work: () => Promise<Value>,
): Promise<Value> {
  if (processors === undefined) return work();
  const { measured, others } = processors;
  const move = (to: string): void => void spawnSync('taskset', ['-a', '-c', '-p', to, String(process.pid)]);
  move(String(others));
  try {
    return await work();
  } finally {
    move(`${measured},${others}`);
  }
}
