/**
 * A real build under `danube provenance run`: clones the commit that is checked out, runs `npm ci && npm run build` there,
 * verifies what was made by its provenance, and holds the dependencies against package-lock.json, read independently of
 * our own reader. Exits 0 only when all of it holds.
 *
 *   npm run self-build
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnvelope, parseProvenance, parseStatement, type ResourceDescriptor } from 'in-toto-attestation';
import { readArguments } from './arguments.ts';
import { cleanEnvironment, DANUBE, ROOT } from './repository.ts';

const SOURCE = 'https://git.example.com/danube/provenance';
const BUILDER = 'https://ci.example.com/self-build#job-environment/unknown-runner';

readArguments('self-build', {});
const folder = mkdtempSync(join(tmpdir(), 'danube-self-build-'));
try {
  buildAndCheck();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function buildAndCheck(): void {
  const tree = join(folder, 'tree');
  run(ROOT, 'git', 'clone', '--quiet', '--no-hardlinks', '.', tree);
  run(tree, 'git', 'remote', 'set-url', 'origin', SOURCE);
  const commit = run(tree, 'git', 'rev-parse', 'HEAD').trim();
  const [key, provenance] = [join(folder, 'signing.key'), join(folder, 'provenance.json')];
  danube(tree, 'keys', 'generate', '--out', key);
  console.log(`building commit ${commit} under danube provenance run`);
  const recorded = ['--require-clean', '--lock-file', 'package-lock.json', '--tool', 'git'];
  const made = ['--artifacts', 'packages/*/dist/**', '--builder-id', 'https://ci.example.com/self-build'];
  const out = ['--logs', join(folder, 'logs'), '--key', key, '--out', provenance];
  danube(
    tree,
    'provenance',
    'run',
    ...recorded,
    ...made,
    ...out,
    '--',
    'sh',
    '-c',
    'npm ci && npm run build',
  );
  const { payload } = parseEnvelope(readFileSync(provenance));
  const { subject, predicateType, predicate } = parseStatement(payload);
  const { buildDefinition } = parseProvenance(predicateType, predicate);
  const files = subject.map(({ name = '' }) => name);
  if (!files.includes('packages/cli/dist/danube.cjs')) throw new Error('the command itself is no artifact');
  const expectations = ['--builder-id', BUILDER, '--source-uri', `git+${SOURCE}`, '--source-commit', commit];
  const evidence = ['--provenance', provenance, '--public-key', `${key}.pub`];
  danube(tree, 'provenance', 'verify', ...files, ...evidence, ...expectations);
  console.log(`verified ${files.length} artifacts`);
  const pinned = checkDependencies(
    join(tree, 'package-lock.json'),
    buildDefinition.resolvedDependencies ?? [],
  );
  console.log(`found all ${pinned} packages of package-lock.json among the dependencies, with their digests`);
}

/** One package as the lock file has it. */
interface Entry {
  readonly version: string;
  readonly name?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

/** @returns how many packages the lock file pins; throws for one that is not a dependency with its digest. */
function checkDependencies(path: string, dependencies: readonly ResourceDescriptor[]): number {
  const bytes = readFileSync(path);
  const known = new Set(
    dependencies.map(({ uri = '', digest = {} }) => `${decodeURIComponent(uri)} ${digest['sha512'] ?? ''}`),
  );
  const { packages } = JSON.parse(bytes.toString()) as { packages: Readonly<Record<string, Entry>> };
  let pinned = 0;
  for (const [place, entry] of Object.entries(packages)) {
    const at = place.lastIndexOf('node_modules/');
    if (at === -1 || entry.link === true) continue;
    const name = entry.name ?? place.slice(at + 'node_modules/'.length);
    const sha512 = Buffer.from(entry.integrity?.replace(/^sha512-/, '') ?? '', 'base64').toString('hex');
    if (!known.has(`pkg:npm/${name}@${entry.version} ${sha512}`))
      throw new Error(`${place} is no dependency`);
    pinned += 1;
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (!dependencies.some(({ digest = {} }) => digest['sha256'] === sha256))
    throw new Error('the lock file is no dependency');
  return pinned;
}

function danube(cwd: string, ...args: readonly string[]): void {
  run(cwd, process.execPath, DANUBE, ...args);
}

/** Runs a program whose failure ends the script; shows what it printed then. */
function run(cwd: string, program: string, ...args: readonly string[]): string {
  const options = { cwd, env: cleanEnvironment(), encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (status === 0) return stdout;
  throw new Error(
    `${program} ${args.join(' ')}: exit code ${status}\n${stdout}${stderr}${error?.message ?? ''}`,
  );
}
