/** The command, and a signal that it sends itself at one of its calls to the disk: at the same point on every machine. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { DANUBE, folder, type Outcome } from './danube.ts';
import { write } from './fixture.ts';

/** Runs before the command in its process. The calls that it counts are those of a store, and tells how many there were. */
const STRIKE = `
const promises = require('node:fs/promises');
const [signal, at, when] = process.env.STRIKE.split(' ');
let calls = 0;
async function step(half) {
  if (calls++ !== Number(at)) return;
  if (when === 'half') await half?.();
  process.kill(process.pid, signal);
}
let prototype;
function wrapFile(file) {
  if (prototype !== undefined) return file;
  prototype = Object.getPrototypeOf(file);
  for (const name of ['stat', 'sync', 'readFile', 'writeFile']) {
    const call = prototype[name];
    prototype[name] = async function (...args) {
      const [bytes] = args;
      await step(name === 'writeFile' ? () => this.write(bytes, 0, bytes.length >> 1) : undefined);
      return call.apply(this, args);
    };
  }
  return file;
}
for (const name of ['open', 'mkdir', 'link', 'rename', 'rm', 'rmdir', 'lstat', 'stat', 'readdir']) {
  const call = promises[name];
  promises[name] = async (...args) => {
    await step();
    const result = await call(...args);
    return name === 'open' ? wrapFile(result) : result;
  };
}
process.on('exit', () => process.stderr.write('calls ' + calls + '\\n'));
`;

export interface Strike {
  readonly signal: NodeJS.Signals;
  /** Number of the call, from 0. */
  readonly at: number;
  /** Before the call, or after half of a write. */
  readonly when?: 'before' | 'half';
}

const preload: string = write(`${folder()}/strike.cjs`, STRIKE);

/** Runs the command until it strikes itself. */
export function struck(
  args: readonly string[],
  cwd: string,
  { signal, at, when = 'before' }: Strike,
): Pick<Outcome, 'code' | 'signal'> {
  const { status, signal: by } = run(args, cwd, `${signal} ${at} ${when}`);
  return { code: status, signal: by };
}

/** How many calls to the disk the command makes. */
export function countCalls(args: readonly string[], cwd: string): number {
  const { stderr } = run(args, cwd, 'none -1 before');
  return Number(/^calls (\d+)$/m.exec(stderr)?.[1]);
}

function run(args: readonly string[], cwd: string, strike: string): SpawnSyncReturns<string> {
  const env = { PATH: process.env['PATH'], STRIKE: strike };
  return spawnSync(process.execPath, ['--require', preload, DANUBE, ...args], { cwd, encoding: 'utf8', env });
}
