import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top folder of this repository. */
export const ROOT: string = fileURLToPath(new URL('..', import.meta.url));

/** The launcher that a user of a checkout starts. */
export const DANUBE: string = join(ROOT, 'bin', 'danube');

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** The packages that are published, by name. */
export function publishedPackages(): Package[] {
  return readdirSync(join(ROOT, 'packages'))
    .map((name) => readPackage(join(ROOT, 'packages', name)))
    .filter(({ manifest }) => manifest['private'] !== true)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function readPackage(folder: string): Package {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  return { name: manifest.name, version: manifest.version, folder, manifest: { ...manifest } };
}

/**
 * The environment for programs that the scripts start: this repository's own Node and launcher come first on PATH, and
 * nothing that changes how a Node starts is left (NODE_EXTRA_CA_CERTS alone triples an older Node's start-up time).
 */
export function cleanEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_|npm_|INIT_CWD$|DANUBE_|FORCE_COLOR$)/.test(name),
  );
  const path = [join(ROOT, 'bin'), join(ROOT, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(
    delimiter,
  );
  return { ...Object.fromEntries(kept), NO_COLOR: '1', PATH: path, ...more };
}
