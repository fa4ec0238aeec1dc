import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { ArtifactError, type ArtifactErrorCode } from '@danube/artifact';

/** A new folder with these files in it, gone after the tests of the file. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'danube-artifact-')));
  after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** A socket in this folder, bound by a relative path: a path of more than 107 bytes is none for it. */
export async function socketIn(folder: string): Promise<Server> {
  const before = process.cwd();
  process.chdir(folder);
  const server = createServer().listen('socket');
  process.chdir(before);
  await once(server, 'listening');
  return server;
}

/** A file of that many zero bytes, which take no place on the disk. */
export function writeSparse(path: string, bytes: number): void {
  writeFileSync(path, '');
  truncateSync(path, bytes);
}

export function hashOf(content: string | Uint8Array, algorithm: string = 'sha256'): string {
  return createHash(algorithm).update(content).digest('hex');
}

export function hashOfZeros(bytes: number): string {
  const hash = createHash('sha256');
  const part = Buffer.alloc(1024 * 1024);
  for (let rest = bytes; rest > 0; rest -= part.length) hash.update(part.subarray(0, rest));
  return hash.digest('hex');
}

/** For `assert.throws` and `assert.rejects`: an `ArtifactError` with this code, and a message that matches. */
export function artifactError(code: ArtifactErrorCode, message: RegExp = /./): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof ArtifactError, `not an ArtifactError: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}
