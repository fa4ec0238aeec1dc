import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Calls with a new folder that only this user can use, and removes it afterwards. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'danube-vectors-')));
  chmodSync(folder, 0o700);
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
