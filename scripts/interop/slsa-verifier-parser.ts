import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../peers.ts';
import { accepts, runProgram, same, type Peer } from './case.ts';
import type { Material } from './material.ts';
import { attestPlatform } from './platforms.ts';

/** slsa-verifier's source as Go keeps it once the program was built; undefined without Go or that. */
function findSource(): string | undefined {
  if (findProgram('go') === undefined) return undefined;
  const folder = join(
    runProgram('go', ['env', 'GOMODCACHE']).stdout.trim(),
    'github.com/slsa-framework/slsa-verifier',
  );
  if (!existsSync(folder)) return undefined;
  const [version] = readdirSync(folder)
    .filter((name) => name.startsWith('v2@'))
    .sort()
    .toReversed();
  return version === undefined ? undefined : join(folder, version);
}

/** Go keeps its copies read-only. */
function makeWritable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
    else if (entry.isFile()) chmodSync(join(folder, entry.name), 0o644);
  }
}

/** Runs the program beside this file within a copy of slsa-verifier's module. */
function parse({ folder }: Material, source: string, path: string): string {
  const module = join(folder, 'slsa-verifier');
  cpSync(source, module, { recursive: true });
  makeWritable(module);
  mkdirSync(join(module, 'verifiers/probe'));
  cpSync(join(import.meta.dirname, 'slsa-verifier-parser.go'), join(module, 'verifiers/probe/main.go'));
  const offline = { GOFLAGS: '-mod=mod', GOPROXY: 'off', CGO_ENABLED: '0' };
  return accepts('go', ['-C', module, 'run', './verifiers/probe', path], offline);
}

/** slsa-verifier takes no public key, so its parser is asked by itself. */
export const slsaVerifierParser: Peer = {
  name: "slsa-verifier's parser",
  source: 'Go module github.com/slsa-framework/slsa-verifier/v2',
  version: () => findSource()?.replace(/^.*@/, ''),
  cases: [
    {
      what: 'reads what our GitHub adapter writes, strictly, and finds builder and source in it',
      run(m) {
        const { path, builderId } = attestPlatform(m, 'github-actions by its environment');
        const source = 'git+https://github.com/acme/app@refs/tags/app@1.2.0';
        same(`${builderId}\n${source}\n`, parse(m, findSource() ?? '', path));
      },
    },
  ],
};
