import assert from 'node:assert/strict';
import { hashFiles, listFiles, readOciLayout } from '@danube/artifact';
import { parsePrivateKey } from '@danube/keys';
import { readPrivateKeyFile, readPublicKeyFile, writeKeyPair } from '@danube/keys/file';
import { openJobDirectory } from '@danube/store';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { CaseOf, TreeEntry } from '../../vectors/case-format.ts';
import type { StoredCase } from './cases.ts';
import { assertKey } from './judge-bytes.ts';
import { assertAccepted, assertRejected, outcomeOf } from './outcome.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

/** A key that is opened as a file of the given form. */
export async function judgeKeyFile({ folder, content }: StoredCase<'key'>): Promise<void> {
  await inTemporaryFolder(async (temporary) => {
    const path = join(temporary, 'key');
    placeKey(path, readFileSync(join(folder, content.input)), content);
    assertKey(await outcomeOf(() => openKey(path, content)), content);
  });
}

async function openKey(path: string, { slot }: CaseOf<'key'>): Promise<ReturnType<typeof readPublicKeyFile>> {
  if (slot === 'public') return readPublicKeyFile(path);
  const { key } = await readPrivateKeyFile(path);
  return key.publicKey;
}

function placeKey(path: string, bytes: Uint8Array, { file }: CaseOf<'key'>): void {
  const { form = 'missing', mode = '0600' } = file ?? {};
  if (form === 'directory') mkdirSync(path);
  if (form === 'fifo') execFileSync('mkfifo', ['-m', mode, path]);
  if (form === 'file' || form === 'symlink') writeFileSync(form === 'file' ? path : `${path}.target`, bytes);
  if (form === 'symlink') symlinkSync('key.target', path);
  if (form === 'file' || form === 'symlink') chmodSync(path, Number.parseInt(mode, 8));
}

/** A key pair that is written beside other files. */
export async function judgeKeyPair({ folder, content }: StoredCase<'key-file'>): Promise<void> {
  await inTemporaryFolder(async (temporary) => {
    for (const name of content.existing) writeFileSync(join(temporary, name), 'was here before');
    const key = await parsePrivateKey(readFileSync(join(folder, content.input)));
    const outcome = await outcomeOf(() => writeKeyPair(join(temporary, content.target), key));
    if (content.expect.verdict === 'rejected') {
      assertRejected(outcome, content.expect);
      assert.deepEqual(readdirSync(temporary).sort(), [...content.existing].sort());
    } else {
      assertAccepted(outcome);
      assert.deepEqual(modesOf(temporary), content.expect.modes);
    }
  });
}

function modesOf(folder: string): Record<string, string> {
  const modes = readdirSync(folder).map((name) => {
    const mode = statSync(join(folder, name)).mode & 0o7777;
    return [name, mode.toString(8).padStart(4, '0')] as const;
  });
  return Object.fromEntries(modes);
}

export async function judgeTree({ content }: StoredCase<'tree'>): Promise<void> {
  await inTemporaryFolder(async (temporary) => {
    for (const entry of content.tree) makeEntry(temporary, entry);
    const outcome = await outcomeOf(() => listAndHash(join(temporary, content.root), content));
    if (content.expect.verdict === 'rejected') assertRejected(outcome, content.expect);
    else assert.deepEqual(assertAccepted(outcome), content.expect.files);
  });
}

async function listAndHash(
  root: string,
  { include }: CaseOf<'tree'>,
): Promise<{ name: string; sha256: string | undefined }[]> {
  const names = listFiles(root, include === undefined ? {} : { include });
  const files = await hashFiles(root, names);
  return files.map(({ name, digest }) => ({ name, sha256: digest['sha256'] }));
}

function makeEntry(root: string, entry: TreeEntry): void {
  if ('pathHex' in entry) {
    const path = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(entry.pathHex, 'hex')]);
    mkdirSync(path.subarray(0, path.lastIndexOf('/')), { recursive: true });
    writeFileSync(path, entry.text);
    return;
  }
  const path = join(root, entry.path);
  mkdirSync('directory' in entry ? path : dirname(path), { recursive: true });
  if ('text' in entry) writeFileSync(path, entry.text);
  if ('symlink' in entry) symlinkSync(entry.symlink, path);
  if ('fifo' in entry) execFileSync('mkfifo', [path]);
}

export async function judgeOciLayout({ folder, content }: StoredCase<'oci-layout'>): Promise<void> {
  const outcome = await outcomeOf(() => readOciLayout(join(folder, content.directory)));
  if (content.expect.verdict === 'rejected') return assertRejected(outcome, content.expect);
  const digests = assertAccepted(outcome).map(({ digest }) => digest['sha256']);
  assert.deepEqual(digests, content.expect.sha256);
}

export async function judgeStore({ content }: StoredCase<'store'>): Promise<void> {
  await inTemporaryFolder(async (temporary) => {
    const outcome = await outcomeOf(() => useStore(join(temporary, 'data'), content));
    if (content.expect.verdict === 'rejected') assertRejected(outcome, content.expect);
    else assert.deepEqual(assertAccepted(outcome), content.expect.files);
  });
}

async function useStore(dataDir: string, { put, read }: CaseOf<'store'>): Promise<Record<string, string>> {
  const store = openJobDirectory(dataDir);
  for (const { job, files } of put) {
    await store.put(job, new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])));
  }
  const stored = read === undefined ? new Map<string, Uint8Array>() : await store.read(read);
  return Object.fromEntries([...stored].map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]));
}
