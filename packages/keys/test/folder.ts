import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** A new folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'danube-keys-'));
  after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Why a test that changes owners cannot run, or false. */
export const NOT_ROOT: string | false = process.geteuid?.() === 0 ? false : 'only root can give files away';
