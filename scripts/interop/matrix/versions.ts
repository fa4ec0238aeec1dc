import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPython } from '../../peers.ts';
import { ROOT } from '../../repository.ts';

/** The version of a development dependency. */
export function versionOfPackage(name: string): string {
  const path = join(ROOT, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

/** The version of a Python distribution; undefined when no Python has its module. */
export function versionOfPython(module: string, distribution: string): string | undefined {
  const python = findPython(module);
  if (python === undefined) return undefined;
  const code = `from importlib.metadata import version; print(version(${JSON.stringify(distribution)}))`;
  return spawnSync(python, ['-c', code], { encoding: 'utf8' }).stdout.trim();
}
