import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { CliError } from '../exit-code.ts';
import { isErrno, isTerminal, sayWarning, STDERR, STDIN, STDOUT, writeAll } from '../terminal.ts';
import { findProgram } from './programs.ts';

/** How a command ended. */
export interface Ended {
  readonly startedOn: string;
  readonly finishedOn: string;
  /** As a shell has it: 128 and the number of the signal that ended it. */
  readonly exitCode: number;
  readonly signal?: NodeJS.Signals;
  /** Whether what it wrote is in the log. */
  readonly isLogged: boolean;
}

/** Passed on to the command, which decides what they mean. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];
/** A terminal sends these to the command itself. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGHUP'];

/**
 * Runs a command with the terminal, input and signals of this process. What it writes goes on to where it would have gone, and
 * into the log. Behind a terminal it gets one of its own, by script(1) of util-linux, so that it finds a terminal.
 *
 * @throws CliError ERR_IO when it cannot be started.
 */
export async function runCommand(argv: readonly string[], log: string): Promise<Ended> {
  if (!isTerminal(STDIN) || !isTerminal(STDOUT)) return runPiped(argv, log);
  if (findProgram('script') === undefined) {
    sayWarning('there is no log: script(1), which keeps what goes to a terminal, is not installed');
    return runInherited(argv, false);
  }
  const ended = await runInherited(['script', '-q', '-e', '-f', '-c', argv.map(quote).join(' '), log], true);
  stripScriptLines(log);
  return ended;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** script(1) writes a line about itself at either end. */
function stripScriptLines(log: string): void {
  const text = readFileSync(log, 'latin1');
  const stripped = text
    .replace(/^Script started on [^\n]*\n/, '')
    .replace(/\r?\n?Script done on [^\n]*\n$/, '');
  writeFileSync(log, stripped, 'latin1');
}

async function runInherited(argv: readonly string[], isLogged: boolean): Promise<Ended> {
  return waitFor(argv, isLogged, 'inherit', () => {});
}

async function runPiped(argv: readonly string[], log: string): Promise<Ended> {
  const fd = openSync(log, 'w', 0o600);
  try {
    return await waitFor(argv, true, ['inherit', 'pipe', 'pipe'], (stdout, stderr) => {
      pass(stdout, STDOUT, fd);
      pass(stderr, STDERR, fd);
    });
  } finally {
    closeSync(fd);
  }
}

/** A reader that has gone is told to the command as it would be told without us: its next write fails. */
function pass(stream: Readable | null, output: typeof STDOUT | typeof STDERR, log: number): void {
  stream?.on('data', (chunk: Buffer) => {
    writeSync(log, chunk);
    try {
      writeAll(output, chunk);
    } catch (error) {
      if (!isErrno(error, 'EPIPE')) throw error;
      stream.destroy();
    }
  });
}

/** The passphrase of the key that signs is none of the business of what is built. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('DANUBE_')));
}

async function waitFor(
  argv: readonly string[],
  isLogged: boolean,
  stdio: 'inherit' | readonly ['inherit', 'pipe', 'pipe'],
  connect: (stdout: Readable | null, stderr: Readable | null) => void,
): Promise<Ended> {
  const [program = '', ...args] = argv;
  const startedOn = new Date().toISOString();
  const child = spawn(program, args, {
    stdio: stdio === 'inherit' ? stdio : [...stdio],
    env: withoutOurs(process.env),
  });
  const isForeground = isTerminal(STDIN);
  const forward = (signal: NodeJS.Signals): void => {
    if (!isForeground || !FROM_TERMINAL.includes(signal)) child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  try {
    connect(child.stdout, child.stderr);
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (...ended) => resolve(ended));
    });
    const finishedOn = new Date().toISOString();
    if (signal === null) return { startedOn, finishedOn, exitCode: code ?? 0, isLogged };
    return { startedOn, finishedOn, exitCode: 128 + constants.signals[signal], signal, isLogged };
  } catch (cause) {
    throw new CliError(
      'ERR_IO',
      `cannot run ${program}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  } finally {
    for (const signal of SIGNALS) process.off(signal, forward);
  }
}
