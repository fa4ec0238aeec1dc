import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { ArtifactError, fromErrno, fromSystemError, quote } from './errors.ts';
import type { Outcome } from './lane.ts';
import { checkRegular, misplaced } from './link.ts';

/** False when the file was hashed, and when it was not because of another. */
export function isFault(outcome: Outcome): boolean {
  return !['hashed', 'large', 'link', 'stopped'].includes(outcome.kind);
}

/** The error for a file that was not hashed. */
export function faultOf(root: string, path: string, outcome: Outcome | undefined): unknown {
  if (outcome?.kind === 'error') return fromErrno(outcome.errno, path);
  if (outcome?.kind === 'not-a-file') return wrongKind(path);
  if (outcome?.kind === 'elsewhere' && root !== '') return misplaced(root, dirname(path), outcome.real);
  return new ArtifactError('ERR_ARTIFACT_CHANGED', `${quote(path)} changed while it was read`, { path });
}

function wrongKind(path: string): unknown {
  try {
    checkRegular(path, lstatSync(path));
  } catch (error) {
    return fromSystemError(error, path);
  }
  return faultOf('', path, { kind: 'changed' });
}
