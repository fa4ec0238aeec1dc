import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { cleanEnvironment } from '../repository.ts';
import type { Material } from './material.ts';

/** Another project's tool, and what is tried with it. */
export interface Peer {
  readonly name: string;
  /** How it is called and where it comes from. */
  readonly source: string;
  /** Undefined when it is not installed. */
  version(): string | undefined;
  readonly cases: readonly Case[];
}

/** One thing that must hold between the peer and us; `run` throws when it does not. */
export interface Case {
  readonly what: string;
  run(material: Material): Promise<void> | void;
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly output: string;
}

/** Runs a program to its end, without input. */
export function runProgram(
  program: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    env: cleanEnvironment(more),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (error !== undefined) throw error;
  return { status, stdout, output: `${stdout}${stderr}` };
}

/** @throws Error unless the program ends with 0; returns its standard output. */
export function accepts(
  program: string,
  args: readonly string[],
  more?: Readonly<Record<string, string>>,
): string {
  const { status, stdout, output } = runProgram(program, args, more);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${status}\n${output}`);
  return stdout;
}

/** The same for a program that asks a server of this very process, which must be able to answer meanwhile. */
export async function acceptsMeanwhile(
  program: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { env: cleanEnvironment(more) });
  return stdout;
}

/**
 * @param reason what the output must say: a refusal for another reason proves nothing.
 * @throws Error unless the program ends with 1, or the given code, and says so.
 */
export function refuses(
  program: string,
  args: readonly string[],
  reason: RegExp,
  { code = 1, more = {} }: { readonly code?: number; readonly more?: Readonly<Record<string, string>> } = {},
): void {
  const { status, output } = runProgram(program, args, more);
  if (status !== code)
    throw new Error(`${program} ${args.join(' ')}: exit code ${status}, not ${code}\n${output}`);
  if (!reason.test(output)) throw new Error(`refused, but not because of ${String(reason)}\n${output}`);
}

/** @throws Error unless both are the same. */
export function same(ours: string, theirs: string): void {
  if (ours !== theirs) throw new Error(`we say ${ours}, they say ${theirs}`);
}
