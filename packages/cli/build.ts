/**
 * Builds the command as one minified CommonJS file: it starts faster than any other form, and it has one digest that
 * provenance can name. Run by `npm run build`; the tests use `bundleCli` to look inside the bundle.
 */
import { build, type BuildOptions, type Metafile } from 'esbuild';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;

/** commander could start other programs as subcommands; none of ours is one, and loading the module costs time. */
const withoutSubprocesses = {
  name: 'without-subprocesses',
  setup(builder: Parameters<NonNullable<BuildOptions['plugins']>[number]['setup']>[0]): void {
    builder.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: 'none', namespace: 'none' } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'export default {}' }));
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
    plugins: [withoutSubprocesses, ...(options.plugins ?? [])],
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

if (import.meta.main) {
  const metafile = await bundleCli();
  writeFileSync(join(here, 'dist/THIRD-PARTY-LICENSES.txt'), collectLicences(metafile));
}
