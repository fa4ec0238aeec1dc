/**
 * Checks each published package as npm would pack it: publint (files, exports, fields) and
 * "Are the types wrong?" (what TypeScript finds). `--install` installs the tarballs into an empty project instead.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { readArguments } from './arguments.ts';
import { useInstalledPackages } from './packages/install.ts';
import { cleanEnvironment, publishedPackages, ROOT, type Package } from './repository.ts';

/** What every package brings along for whoever installs it. */
const MUST_HOLD = ['LICENSE', 'README.md', 'package.json'];

/** What installs with the command by default stays below this, in bytes: no cloud's SDK, nothing to compile. */
const MAX_COMMAND_BYTES = 10_000_000;

interface Packed {
  readonly tarball: string;
  readonly files: readonly string[];
  /** Unpacked, without dependencies. */
  readonly bytes: number;
}

/** Packs a package into a folder. */
function packPackage(item: Package, folder: string): Packed {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const report = execFileSync('npm', args, { cwd: item.folder, env: cleanEnvironment(), encoding: 'utf8' });
  const [packed] = JSON.parse(report) as {
    filename: string;
    unpackedSize: number;
    files: { path: string }[];
  }[];
  if (packed === undefined) throw new Error(`npm packed nothing for ${item.name}`);
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path),
    bytes: packed.unpackedSize,
  };
}

async function lintPackage(item: Package): Promise<string[]> {
  const { messages } = await publint({ pkgDir: item.folder, strict: true });
  return messages.map(
    (message) => formatMessage(message, { ...item.manifest }, { color: false }) ?? message.code,
  );
}

/** A package without a library (the command) has no types to be wrong. */
function hasLibrary(item: Package): boolean {
  return Object.keys(item.manifest['exports'] ?? {}).includes('.');
}

function checkTypes(tarball: string): string[] {
  const args = [
    tarball,
    '--profile',
    'esm-only',
    '--format',
    'ascii',
    '--no-emoji',
    '--no-color',
    '--no-definitely-typed',
  ];
  const attw = join(ROOT, 'node_modules', '.bin', 'attw');
  const { status, stdout, stderr } = spawnSync(attw, args, { env: cleanEnvironment(), encoding: 'utf8' });
  return status === 0 ? [] : [stdout + stderr];
}

/** The command is whole in itself, so what it installs is what it holds. */
function checkSize({ manifest }: Package, { bytes }: Packed): string[] {
  if (manifest['bin'] === undefined) return [];
  const needs = [manifest['dependencies'], manifest['optionalDependencies']].flatMap((list) =>
    Object.keys(list ?? {}),
  );
  return [
    ...(needs.length === 0 ? [] : [`installs ${needs.join(', ')} as well`]),
    ...(bytes < MAX_COMMAND_BYTES ? [] : [`has ${bytes} bytes, and ${MAX_COMMAND_BYTES} at most are wanted`]),
  ];
}

async function checkPackages(all: ReadonlyMap<Package, Packed>): Promise<number> {
  let bad = 0;
  for (const [item, packed] of all) {
    const { tarball, files } = packed;
    const types = hasLibrary(item) ? checkTypes(tarball) : [];
    const missing = MUST_HOLD.filter((name) => !files.includes(name)).map((name) => `holds no ${name}`);
    const problems = [...missing, ...checkSize(item, packed), ...(await lintPackage(item)), ...types];
    bad += problems.length;
    console.log(
      `${item.name}@${item.version}: publint, ${hasLibrary(item) ? 'attw' : 'no library, so no attw'}: ${problems.length === 0 ? 'ok' : 'BAD'}`,
    );
    for (const problem of problems) console.log(problem.replaceAll(/^/gm, '    '));
  }
  return bad;
}

function tarballsOf(packed: ReadonlyMap<Package, Packed>): Map<Package, string> {
  return new Map([...packed].map(([item, { tarball }]) => [item, tarball]));
}

const { install } = readArguments('packages', {
  options: { install: { type: 'boolean', default: false } },
}).values;
const folder = mkdtempSync(join(tmpdir(), 'danube-packages-'));
try {
  const packed = new Map(publishedPackages().map((item) => [item, packPackage(item, folder)]));
  if (install) useInstalledPackages(tarballsOf(packed), join(folder, 'project'));
  else process.exitCode = (await checkPackages(packed)) === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
