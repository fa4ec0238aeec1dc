/** Runs the built command as users do: one process a call, its own folder, nothing inherited that could help it. */
import { spawn, type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { buildCli } from '../build.ts';

const PACKAGES = join(import.meta.dirname, '../..');
const DIST = join(import.meta.dirname, '../dist');
/** What npm installs as `danube`; it runs what was built. */
export const DANUBE: string = join(import.meta.dirname, '../bin/danube.cjs');

/** A test that is run by itself must not judge yesterday's build; `npm test` builds before. */
if (isStale()) await buildCli();

function isStale(): boolean {
  const built = Math.min(...['verify.cjs', 'parallel.cjs', 'danube.cjs'].map(timeOf));
  const sources = readdirSync(PACKAGES).map((name) => join(PACKAGES, name, 'src'));
  return sources
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .some((entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).mtimeMs > built);
}

function timeOf(bundle: string): number {
  return statSync(join(DIST, bundle), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs as this user, where the tests run as root. */
  readonly uid?: number;
  readonly stdio?: SpawnSyncOptions['stdio'];
}

export function danube(args: readonly string[], options: RunOptions = {}): Outcome {
  const { env = {}, ...others } = options;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [DANUBE, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
    maxBuffer: 2 ** 28,
    ...others,
  });
  return { code: status, signal, stdout, stderr };
}

/** The same without waiting: for a command that talks to a server in this process. */
export async function danubeAsync(
  args: readonly string[],
  { env = {}, cwd }: Pick<RunOptions, 'cwd' | 'env'> = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [DANUBE, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const outputs = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (outputs[name] += text));
  }
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  child.on('error', reject);
  child.on('close', (code, signal) => resolve({ code, signal, ...outputs }));
  return promise;
}

/** An empty folder of its own, gone after the tests of the file. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'danube-cli-'));
  after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Who may not read and write everything: ourselves, or for root somebody else, where that one can run the command at all. */
export function unprivileged(): Pick<RunOptions, 'uid'> | undefined {
  if (process.getuid?.() !== 0) return {};
  const cwd = folder();
  chmodSync(cwd, 0o755);
  const nobody = { uid: 65_534 };
  return danube(['--version'], { cwd, ...nobody }).code === 0 ? nobody : undefined;
}

/** Why nothing can be run on a terminal here; false where it can, by `script -qec COMMAND /dev/null`. */
export const NO_TERMINAL: string | false = /util-linux/.test(
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '',
)
  ? false
  : 'script of util-linux is not installed';
