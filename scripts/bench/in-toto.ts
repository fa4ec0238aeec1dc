import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { findProgram, findPython } from '../peers.ts';
import type { Racer } from './race.ts';

/** An in-toto-verify command that accepts, prepared in `folder`; undefined when in-toto is not installed. */
export function inTotoVerify(folder: string): Racer['command'] | undefined {
  const program = findProgram('in-toto-verify');
  const python = findPython('in_toto');
  if (program === undefined || python === undefined) return undefined;
  execFileSync(python, [join(import.meta.dirname, 'in-toto-layout.py'), folder]);
  const files = ['--layout', join(folder, 'root.layout'), '--link-dir', folder];
  return [program, ...files, '--verification-keys', join(folder, 'layout.pub')];
}
