import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { StoreError, type StoreErrorCode } from '@danube/store';

/** A new folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'danube-store-')));
  after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** For `assert.throws` and `assert.rejects`: a `StoreError` with this code, and a message that matches. */
export function storeError(code: StoreErrorCode, message: RegExp = /./): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof StoreError, `not a StoreError: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

/** Everything below a folder that a finished run must not leave behind. */
export function leftovers(dataDir: string): string[] {
  if (!existsSync(dataDir)) return [];
  const names = readdirSync(dataDir, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.tmp') || /\.tmp\//.test(name));
}
