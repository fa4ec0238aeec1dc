import { spawnSync } from 'node:child_process';
import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { relative, sep } from 'node:path';
import { hashFile } from '@danube/artifact';
import type { Dependency } from '@danube/builder';
import { CliError } from '../exit-code.ts';
import { findProgram } from './programs.ts';

const CALLS = 'open,openat,openat2,creat,execve,execveat,rename,renameat,renameat2';

/**
 * The words to put before a command so that strace(1) writes down which files it opens.
 *
 * @throws CliError ERR_IO where strace is not installed or may not trace; nothing has run then.
 */
export function tracing(output: string): string[] {
  const strace = findProgram('strace');
  if (strace === undefined) {
    throw new CliError('ERR_IO', '--trace is not available: strace is not installed', {
      hint: "install it from the system's packages",
    });
  }
  const options = ['-f', '-qq', '-y', '-s', '4096', '-e', `trace=${CALLS}`, '-e', 'signal=none'];
  for (const faster of [['--seccomp-bpf'], []]) {
    const words = [strace, ...faster, ...options];
    if (spawnSync(words[0] ?? '', [...words.slice(1), '-o', '/dev/null', '--', 'true']).status === 0) {
      return [...words, '-o', output, '--'];
    }
  }
  throw new CliError('ERR_IO', '--trace is not available: strace may not trace here', {
    hint: 'containers need the capability SYS_PTRACE, and kernels a kernel.yama.ptrace_scope of at most 1',
  });
}

/** Files that were opened, by their paths as the kernel has them. */
export interface Traced {
  readonly read: ReadonlySet<string>;
  readonly written: ReadonlySet<string>;
}

/** Reads what strace wrote: one system call a line, in two parts where another process came in between. */
export function parseTrace(text: string): Traced {
  const [read, written] = [new Set<string>(), new Set<string>()];
  const unfinished = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(pid, rest.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const [, resumed] = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest) ?? [];
    const call = resumed === undefined ? rest : (unfinished.get(pid) ?? '') + resumed;
    if (resumed !== undefined) unfinished.delete(pid);
    addCall(call, read, written);
  }
  return { read, written };
}

function addCall(call: string, read: Set<string>, written: Set<string>): void {
  const [, name = ''] = /^(\w+)\(/.exec(call) ?? [];
  if (/^(?:open|creat)/.test(name)) {
    const [, path] = /\s=\s\d+<([^>]*)>$/.exec(call) ?? [];
    if (path === undefined || !path.startsWith('/')) return;
    const isWritten = name === 'creat' || /\bO_(?:WRONLY|RDWR|CREAT|TRUNC)\b/.test(call);
    (isWritten ? written : read).add(unescape(path));
  } else if (name === 'execve' || name === 'execveat') {
    const [, path] = /^\w+\((?:\d+<[^>]*>, )?"((?:[^"\\]|\\.)*)".*\s=\s0$/.exec(call) ?? [];
    if (path?.startsWith('/') === true) read.add(unescape(path));
  } else if (name.startsWith('rename') && /\s=\s0$/.test(call)) {
    const [target] = [...call.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path = '']) => path).slice(-1);
    if (target !== undefined) written.add(unescape(target));
  }
}

/** strace writes bytes that are not printable in octal, as C does. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  const plain = text.replaceAll(/\\([0-7]{1,3}|x[0-9a-f]{2}|.)/g, (_, code: string) => {
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    if (code.startsWith('x')) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return { n: '\n', t: '\t', r: '\r' }[code] ?? code;
  });
  return Buffer.from(plain, 'latin1').toString('utf8');
}

/** Not files of this machine, but of its kernel and of this moment. */
const PASSING = /^\/(?:proc|sys|dev|run)\//;
/** More than this nobody reads, and no statement holds. */
const MOST_FILES = 50_000;

/**
 * The files that were read and that the command did not write itself, by their digests.
 *
 * @throws CliError ERR_IO for more than a statement holds.
 */
export async function hashTraced(file: string): Promise<Dependency[]> {
  const { read, written } = parseTrace(readFileSync(file, 'latin1'));
  const own = new Set([...written].map(realPath));
  const paths = [...new Set([...read].map(realPath))].filter(
    (path) => !PASSING.test(path) && !own.has(path) && isFile(path),
  );
  if (paths.length > MOST_FILES) {
    throw new CliError(
      'ERR_IO',
      `the command read ${paths.length} files, and at most ${MOST_FILES} are recorded`,
    );
  }
  const found: Dependency[] = [];
  for (const path of paths.sort()) {
    const { digest } = await hashFile(path, { algorithms: ['sha256'] });
    found.push({ name: nameOf(path), digest, annotations: { seenBy: 'strace' } });
  }
  return found;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // it is gone, and is left out for that
  }
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true && statSync(path).isFile();
}

/** Below the working directory as in it; below somebody's home without the name of who lives there. */
function nameOf(path: string): string {
  const below = relative(process.cwd(), path);
  if (!below.startsWith('..')) return below;
  const home = homedir();
  return home !== '/' && path.startsWith(home + sep) ? `~${path.slice(home.length)}` : path;
}
