import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where `.ci/peers` puts the tools of other projects. */
export const PEERS: string =
  process.env['DANUBE_PEERS'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'danube-ci');

/** What a run says about a peer that is not there. */
export const HOW_TO_INSTALL = 'install it with .ci/peers';

/** The path of a peer's program: first where `.ci/peers` puts it, then on PATH; undefined when it is in neither. */
export function findProgram(name: string): string | undefined {
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  const folders = [
    join(PEERS, 'bin'),
    join(PEERS, 'venv', 'bin'),
    join(PEERS, 'npm', 'node_modules', '.bin'),
    ...path,
  ];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The Python that has the named module, or undefined. */
export function findPython(module: string): string | undefined {
  const candidates = [join(PEERS, 'venv', 'bin', 'python3'), findProgram('python3')];
  return candidates.find((python) => python !== undefined && succeeds(python, ['-c', `import ${module}`]));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function succeeds(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
