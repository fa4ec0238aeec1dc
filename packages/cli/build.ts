/**
 * Builds the command as one minified CommonJS file: it starts faster than any other form, and it has one digest that
 * provenance can name. Run by `npm run build`; the tests use `bundleCli` to look inside the bundle.
 */
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const here = import.meta.dirname;

/** commander could start other programs as subcommands; none of ours is one, and loading the module costs time. */
const withoutSubprocesses: Plugin = {
  name: 'without-subprocesses',
  setup(builder) {
    builder.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: 'none', namespace: 'none' } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'export default {}' }));
  },
};

/**
 * Makes imports point to the module that has the name, instead of the index of its package: a bundled index evaluates
 * everything that it re-exports, and a command should evaluate what it uses. Likewise `{ z }` of zod holds all of zod
 * with its fifty languages, and as a namespace only what is used.
 */
const directImports: Plugin = {
  name: 'direct-imports',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]packages[\\/][^\\/]+[\\/]src[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replace(/^import \{ z \} from 'zod';$/m, "import * as z from 'zod';")
        .replace(/^import \{([^}]*)\} from '((?:@danube\/)?[a-z-]+)';$/gm, splitImport),
      loader: 'ts',
    }));
  },
};

function splitImport(statement: string, names: string, packageName: string): string {
  const index = join(here, '..', packageName.replace('@danube/', ''), 'src/index.ts');
  if (!existsSync(index)) return statement;
  const modules = exportsOf(index);
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => `import { ${name} } from '${modules.get(name.split(' ')[0] ?? '') ?? index}';`)
    .join('');
}

const known = new Map<string, ReadonlyMap<string, string>>();

/** The names that a module exports, each with the module that declares it. */
function exportsOf(path: string): ReadonlyMap<string, string> {
  const found = known.get(path) ?? new Map(listExports(path));
  known.set(path, found);
  return found;
}

function* listExports(path: string): Generator<[name: string, path: string]> {
  const text = readFileSync(path, 'utf8');
  for (const [, name = ''] of text.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm))
    yield [name, path];
  for (const [, names, from = ''] of text.matchAll(/^export (?:\{([^}]*)\}|\*) from '(\..*)';$/gm)) {
    const listed = names?.split(',').map((name) => name.trim());
    for (const [name, origin] of exportsOf(join(dirname(path), from))) {
      if (listed === undefined || listed.includes(name)) yield [name, origin];
    }
  }
}

/**
 * @returns what went into the bundle.
 */
export async function bundleCli(options: BuildOptions = {}): Promise<Metafile> {
  const result = await build({
    absWorkingDir: here,
    entryPoints: ['src/main.ts'],
    outfile: 'dist/danube.cjs',
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22.22',
    conditions: ['@danube/source'],
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
    plugins: [...(options.plugins ?? []), withoutSubprocesses, directImports],
    metafile: true,
  });
  return result.metafile;
}

/** The licences of what was bundled travel with the bundle. */
function collectLicences(metafile: Metafile): string {
  const folders = new Set<string>();
  for (const input of Object.keys(metafile.inputs)) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (found !== undefined) folders.add(found);
  }
  return [...folders].sort().map(licenceOf).join('\n');
}

function licenceOf(folder: string): string {
  const path = join(here, folder);
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence file; look at it before bundling it`);
  return `==== ${name} ====\n\n${readFileSync(join(path, file), 'utf8').trim()}\n`;
}

/** Writes `dist`. The bundle is renamed into place: a test that runs meanwhile finds the old or the new one. */
export async function buildCli(): Promise<void> {
  const temporary = `dist/danube.cjs.${process.pid}`;
  const metafile = await bundleCli({ outfile: temporary });
  writeFileSync(join(here, 'dist/THIRD-PARTY-LICENSES.txt'), collectLicences(metafile));
  renameSync(join(here, temporary), join(here, 'dist/danube.cjs'));
}

if (import.meta.main) await buildCli();
