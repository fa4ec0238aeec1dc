/**
 * Builds the command as minified CommonJS, which starts faster than any other form: `dist/danube.cjs` is the whole
 * program in one file, `dist/verify.cjs` what `danube provenance verify` commonly needs of the same sources. V8 reads
 * all of a file before it runs any of it, so that `verify`, which is run most, is worth a file of its own
 * (docs/speed.md). Run by `npm run build`; the tests use `bundleCli` and `bundleVerify` to look inside.
 */
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const here = import.meta.dirname;

/**
 * Of commander a bundle holds the modules that it uses: its index makes a command of its own, which we never ask for.
 * commander could start other programs as subcommands; none of ours is one, and loading the module costs time. So does
 * making a namespace with a `default` of each built-in module that it imports.
 */
const leanCommander: Plugin = {
  name: 'lean-commander',
  setup(builder) {
    builder.onResolve({ filter: /^\.\/(?:lib\/)?\w+\.js$/ }, ({ path, importer, resolveDir }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: join(resolveDir, path), sideEffects: false } : undefined,
    );
    builder.onLoad({ filter: /[\\/]commander[\\/]index\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/^export const [^;]*;$/gm, ''),
    }));
    builder.onLoad({ filter: /[\\/]commander[\\/]lib[\\/]command\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replace("import childProcess from 'node:child_process';", 'const childProcess = {};')
        .replace(/^import (\w+) from '(node:\w+)';$/gm, "const $1 = require('$2');"),
    }));
  },
};

/** Dynamic imports that the bundle of `verify` makes at once; any other hands the process to the whole program. */
const EAGER = /^\.\/(?:verification|job-folder)\.ts$/;

/** A file of its own in `dist`, loaded only for much work, and by a program that goes on as it is. */
const APART = './parallel-signatures.ts';

/** What only a trust root, a package of npm or dependencies need: with one, the whole program runs (src/verify-main.ts). */
const UNCOMMON =
  /[\\/](?:verifier[\\/]src[\\/](?:summary-checks|trust-checks|trust-contradictions|time-proof-check|npm-package-check|dependency-tree)|report-dependencies)\.ts$/;

/** The same exports, none of which can be called: a verification that got here by mistake ends. */
function withoutUncommon(path: string): string {
  const left = [...exportsOf(path).keys()].map((name) => `export const ${name} = leftOut;`);
  return `function leftOut() { throw new Error('no trust root here, no package, and no dependencies'); } ${left.join('')}`;
}

/**
 * Prepares our sources.
 *
 * - Imports point to the module that has the name, instead of the index of its package: a bundled index evaluates
 *   everything that it re-exports, and a command should evaluate what it uses.
 * - `{ z }` of zod holds all of zod with its fifty languages; as a namespace, only what is used is bundled.
 * - A namespace of a built-in module is the module itself, not a copy of its hundred members.
 * - For `verify` alone, dynamic imports are resolved as {@link EAGER} and {@link APART} say, and help is left out.
 */
function ourSources(verifyAlone: boolean): Plugin {
  return {
    name: 'our-sources',
    setup(builder) {
      builder.onLoad({ filter: /[\\/]packages[\\/][^\\/]+[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
        if (verifyAlone && UNCOMMON.test(path)) return { contents: withoutUncommon(path), loader: 'ts' };
        const text = readFileSync(path, 'utf8')
          .replace(/^import \{ z \} from 'zod';$/m, "import * as z from 'zod';")
          .replace(/^import \* as (\w+) from '(node:[\w/]+)';$/gm, "const $1 = require('$2');")
          .replace(/^import \{([^}]*)\} from '((?:@danube\/)?[a-z-]+)';$/gm, splitImport);
        return { contents: verifyAlone ? resolveDynamicImports(withoutHelp(text)) : text, loader: 'ts' };
      });
      builder.onResolve({ filter: /^whole-program$/ }, ({ path }) => ({ path, namespace: 'ours' }));
      builder.onLoad({ filter: /.*/, namespace: 'ours' }, () => ({ contents: HAND_OVER }));
      builder.onResolve({ filter: /^\.\.\/dist\/(?:danube|parallel)\.cjs$/ }, ({ path }) => ({
        path,
        external: true,
      }));
    },
  };
}

/** The launcher's `require` is used, which looks from `bin`. The whole program runs from its beginning and ends the process; whoever waited for a module waits for ever. */
const HAND_OVER = `export function handOver() {
  require('../dist/danube.cjs');
  return new Promise(() => {});
}`;

/** Who asks for help gets it from the whole program. */
function withoutHelp(text: string): string {
  return text.replace(/^const HELP = `(?:[^`\\]|\\.)*`;$/ms, "const HELP = '';");
}

function resolveDynamicImports(text: string): string {
  const head: string[] = [];
  const body = text.replace(/\bimport\('((?!node:)[^']+)'\)/g, (_, path: string) => {
    if (path === APART) return `Promise.resolve(require('../dist/parallel.cjs'))`;
    if (!EAGER.test(path)) return 'handOver()';
    head.push(`import * as module${head.length} from '${path}';`);
    return `Promise.resolve(module${head.length - 1})`;
  });
  return `import { handOver } from 'whole-program';${head.join('')}${body}`;
}

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
 * Bundles the whole program.
 *
 * @returns what went into it.
 */
export async function bundleCli(options: BuildOptions = {}): Promise<Metafile> {
  return bundle('src/main.ts', ourSources(false), { outfile: 'dist/danube.cjs', ...options });
}

/** The same for `danube provenance verify`. */
export async function bundleVerify(options: BuildOptions = {}): Promise<Metafile> {
  return bundle('src/verify-main.ts', ourSources(true), { outfile: 'dist/verify.cjs', ...options });
}

/** The same for what both programs load for much work. */
export async function bundleParallel(options: BuildOptions = {}): Promise<Metafile> {
  return bundle('src/provenance/parallel-signatures.ts', ourSources(false), {
    outfile: 'dist/parallel.cjs',
    ...options,
  });
}

async function bundle(entry: string, sources: Plugin, options: BuildOptions): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22.22',
    conditions: ['@danube/source'],
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
    plugins: [leanCommander, sources],
    metafile: true,
  });
  return metafile;
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

/** Licences that stand in a project's repository and not in its package. */
const KEPT_LICENCES: Readonly<Record<string, string>> = {
  '@yarnpkg/parsers': 'licences/yarnpkg-parsers.txt',
};

const PARTS: Readonly<Record<string, string>> = { '@bufbuild/protobuf': 'dist/esm/wire/varint.js' };

function firstComment(path: string): string {
  const lines = readFileSync(path, 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end)
    .join('\n')
    .replaceAll(/^\/\/ ?/gm, '')
    .trim();
}

function licenceOf(folder: string): string {
  const path = join(here, folder);
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
  if (file !== undefined) return `==== ${name} ====\n\n${readFileSync(join(path, file), 'utf8').trim()}\n`;
  const kept = KEPT_LICENCES[name];
  if (kept !== undefined) return `==== ${name} ====\n\n${readFileSync(join(here, kept), 'utf8').trim()}\n`;
  const { license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  // A licence that is named and not there in full: the one whose text is ours as well.
  const apache = 'Apache License 2.0: see LICENSE beside this folder.';
  if (license === 'Apache-2.0') return `==== ${name} ====\n\n${apache}\n`;
  // Another licence covers one of its modules alone, which has the text at its top.
  const part = PARTS[name];
  if (part !== undefined && license === '(Apache-2.0 AND BSD-3-Clause)')
    return `==== ${name} ====\n\n${apache}\n\n${firstComment(join(path, part))}\n`;
  throw new Error(`${name} has no licence file; look at it before bundling it`);
}

const BUNDLES = {
  'parallel.cjs': bundleParallel,
  'verify.cjs': bundleVerify,
  'danube.cjs': bundleCli,
} as const;

/**
 * Writes `dist`. Bundles are renamed into place: a test that runs meanwhile finds the old or the new ones. Last comes what
 * V8 makes of `verify`, for the Node.js that builds.
 */
export async function buildCli(): Promise<void> {
  const licences: string[] = [];
  for (const [name, bundleIt] of Object.entries(BUNDLES)) {
    const temporary = `dist/.${name}.${process.pid}`;
    try {
      licences.push(collectLicences(await bundleIt({ outfile: temporary })));
      renameSync(join(here, temporary), join(here, 'dist', name));
    } finally {
      rmSync(join(here, temporary), { force: true });
    }
  }
  writeFileSync(join(here, 'dist/THIRD-PARTY-LICENSES.txt'), licences.at(-1) ?? '');
  execFileSync(process.execPath, [join(here, 'bin/precompile.cjs')], { stdio: 'inherit' });
}

if (import.meta.main) await buildCli();
