import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { CASE } from './case-schema.ts';
import { keyFiles } from './fixed-keys.ts';
import { trustRootFiles } from './trust-roots.ts';
import { sigstoreFiles } from './verify-sigstore.ts';
import { encodeText, type Vector } from './vector.ts';

/** Every file below test-vectors/ that is written: its path with forward slashes, and its bytes. */
export type Tree = ReadonlyMap<string, Buffer>;

/** Written by people, and left alone. */
const BY_HAND: ReadonlySet<string> = new Set(['README.md', '.gitattributes']);

/** The files of all cases and of the keys. Throws for two cases of one name, or one whose case.json is malformed. */
export function layOut(vectors: readonly Vector[]): Tree {
  const tree = new Map<string, Buffer>();
  const add = (path: string, content: string | Uint8Array): void => {
    if (tree.has(path)) throw new Error(`${path} is written twice`);
    tree.set(path, Buffer.from(content));
  };
  for (const [name, content] of Object.entries({ ...keyFiles(), ...sigstoreFiles(), ...trustRootFiles() }))
    add(`keys/${name}`, content);
  for (const { folder, case: content, files } of vectors) {
    add(`${folder}/case.json`, encodeText(CASE.parse(content)));
    for (const [name, bytes] of Object.entries(files)) add(`${folder}/${name}`, bytes);
  }
  return tree;
}

/** Replaces everything below `root` but what people write by the tree. */
export function writeTree(root: string, tree: Tree): void {
  for (const path of listTree(root)) if (!tree.has(path)) rmSync(join(root, path));
  for (const [path, bytes] of tree) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
  removeEmptyFolders(root);
}

/** What differs between the folder and the tree, a line each; nothing when they are the same. */
export function findDrift(root: string, tree: Tree): string[] {
  const found = new Set(listTree(root));
  const stray = [...found]
    .filter((path) => !tree.has(path))
    .map((path) => `${path} is not written by the script`);
  const wrong = [...tree].flatMap(([path, bytes]) => {
    if (!found.has(path)) return [`${path} is missing`];
    return bytes.equals(readFileSync(join(root, path))) ? [] : [`${path} has other content`];
  });
  return [...stray, ...wrong];
}

function listTree(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(root, path)).isFile())
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !BY_HAND.has(path));
}

function removeEmptyFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    removeEmptyFolders(path);
    if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
  }
}
