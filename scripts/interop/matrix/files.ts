import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Content } from '../../vectors/vector.ts';

/** Writes a file that a verifier reads; returns its path. */
export function writeFile(folder: string, name: string, content: Content): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
