/**
 * Builds the command as one minified CommonJS file: it starts faster than any other form, and it has one digest that
 * provenance can name. Run by `npm run build`; the tests use `bundleCli` to look inside the bundle.
 */
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

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

/** `{ z }` of zod holds all of zod, its 50 languages too; as a namespace only what is used is bundled. */
const zodAsNamespace: Plugin = {
  name: 'zod-as-namespace',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]packages[\\/]builder[\\/]src[\\/].*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(
        /^import \{ z \} from 'zod';$/m,
        "import * as z from 'zod';",
      ),
      loader: 'ts',
    }));
  },
};

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
    plugins: [withoutSubprocesses, zodAsNamespace, ...(options.plugins ?? [])],
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
