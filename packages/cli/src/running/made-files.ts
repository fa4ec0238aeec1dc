import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folders whose files no command is said to have made: Git's own, and what was installed. */
const LEFT_OUT = new Set(['.git', 'node_modules']);

/** Every regular file below a folder, with what changes when it is written. */
export type Snapshot = ReadonlyMap<string, string>;

export function takeSnapshot(folder: string): Snapshot {
  const found = new Map<string, string>();
  addFiles(folder, '', found);
  return found;
}

function addFiles(folder: string, below: string, found: Map<string, string>): void {
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!LEFT_OUT.has(entry.name)) addFiles(folder, name, found);
    } else if (entry.isFile()) {
      const { size, mtimeMs, ctimeMs, ino } = lstatSync(join(folder, name));
      found.set(name, [size, mtimeMs, ctimeMs, ino].join(' '));
    }
  }
}

/** The files of the second snapshot that were not in the first as they are now, sorted. */
export function newFiles(before: Snapshot, after: Snapshot): string[] {
  return [...after].flatMap(([name, state]) => (before.get(name) === state ? [] : [name])).sort();
}
