import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';

/** The path of a program as a shell would find it. */
export function findProgram(name: string): string | undefined {
  const folders = name.includes('/')
    ? ['']
    : (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** How programs are asked for their version, and whose version tells more about what they do. */
const KNOWN: Readonly<
  Record<string, { readonly ask?: readonly string[]; readonly with?: readonly string[] }>
> = {
  npm: { with: ['node'] },
  npx: { with: ['node', 'npm'] },
  pnpm: { with: ['node'] },
  yarn: { with: ['node'] },
  node: {},
  deno: {},
  bun: {},
  tsc: { with: ['node'] },
  go: { ask: ['version'] },
  cargo: { with: ['rustc'] },
  rustc: {},
  python: {},
  python3: {},
  pip: { with: ['python'] },
  uv: {},
  poetry: {},
  mvn: { with: ['java'] },
  gradle: { with: ['java'] },
  java: {},
  javac: {},
  make: {},
  cmake: {},
  ninja: {},
  gcc: {},
  cc: {},
  clang: {},
  docker: {},
  buildah: {},
  bazel: {},
  dotnet: {},
};

const PATIENCE = 10_000;

/**
 * Versions of the command's own program, where it is one whose version can be asked for without doing anything, of what it
 * runs on, and of the programs that the caller names: the first line that each prints.
 */
export function toolVersions(program: string, named: readonly string[]): Record<string, string> {
  const name = basename(program);
  const own = Object.hasOwn(KNOWN, name) ? [program, ...(KNOWN[name]?.with ?? [])] : [];
  const versions: Record<string, string> = {};
  for (const tool of new Set([...own, ...named])) {
    const version = versionOf(tool);
    if (version !== undefined) versions[basename(tool)] = version;
  }
  return versions;
}

function versionOf(tool: string): string | undefined {
  const path = findProgram(tool);
  if (path === undefined) return undefined;
  const ask = KNOWN[basename(tool)]?.ask ?? ['--version'];
  const { status, stdout, stderr } = spawnSync(path, ask, {
    encoding: 'utf8',
    timeout: PATIENCE,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [line = ''] = `${stdout}\n${stderr}`.trim().split('\n');
  return status === 0 && line !== '' ? line.trim().slice(0, 200) : undefined;
}
