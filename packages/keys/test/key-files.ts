/** Key files in a temporary folder. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folder.ts';
import { fixture } from './sample-files.ts';

export const folder: string = temporaryFolder();
let count = 0;

/** A path in a folder of its own. */
export function newPath(name = 'signing.key'): string {
  const own = join(folder, String((count += 1)));
  mkdirSync(own, { mode: 0o700 });
  return join(own, name);
}

/** A key file with this mode, in a folder of its own. */
export function keyFile(mode = 0o600, content: Uint8Array = fixture('ed25519.pem')): string {
  const path = newPath();
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}
