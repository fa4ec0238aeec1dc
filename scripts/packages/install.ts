import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment, ROOT, type Package } from '../repository.ts';

const TSCONFIG = {
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  },
  include: ['use.ts'],
};

/**
 * Installs the tarballs, and nothing of this repository, into an empty project, and uses them there as a stranger
 * would: every library is imported, its types compile without skipLibCheck, and the command signs and verifies.
 */
export function useInstalledPackages(tarballs: ReadonlyMap<Package, string>, project: string): void {
  mkdirSync(project);
  const run = (title: string, program: string, args: readonly string[]): void => {
    console.log(`${title}: ${program} ${args.join(' ')}`.replaceAll(project, '.'));
    execFileSync(program, args, {
      cwd: project,
      env: strangersEnvironment(project),
      stdio: 'inherit',
    });
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  run('install', 'npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs.values()]);
  const libraries = [...tarballs.keys()].filter(({ manifest }) => '.' in (manifest['exports'] as object));
  for (const { name } of libraries) run('import', 'node', ['--eval', importOf(name)]);

  cpSync(join(import.meta.dirname, 'use.ts'), join(project, 'use.ts'));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  const typesOfNode = `@types/node@${versionOf('@types/node')}`;
  run('install', 'npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--save-dev',
    typesOfNode,
  ]);
  run('types', join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', '.']);
  run('use', 'node', ['use.ts']);
}

/** The project's own programs, then the pinned Node, nothing else of this repository; the certificates npm may need. */
function strangersEnvironment(project: string): NodeJS.ProcessEnv {
  const node = join(ROOT, 'node_modules', 'node', 'bin');
  const path = [join(project, 'node_modules', '.bin'), node, process.env['PATH'] ?? ''].join(':');
  const certificates = process.env['NODE_EXTRA_CA_CERTS'];
  const more = certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates };
  return cleanEnvironment({ PATH: path, ...more });
}

function importOf(name: string): string {
  return `import(${JSON.stringify(name)}).then((m) => { if (Object.keys(m).length === 0) throw new Error('no exports') })`;
}

function versionOf(name: string): string {
  const list = execFileSync('npm', ['ls', name, '--json', '--depth=0'], { cwd: ROOT, encoding: 'utf8' });
  const { dependencies } = JSON.parse(list) as { dependencies: Record<string, { version: string }> };
  const version = dependencies[name]?.version;
  if (version === undefined) throw new Error(`${name} is not a dependency of this repository`);
  return version;
}
