import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openSource, type VectorFolder } from '../../conformance/folder.ts';
import type { Outcome } from '../../conformance/outcome.ts';
import { inTemporaryFolder } from '../vectors/temporary-folder.ts';

/** Files by path: bytes, text, or a value that is written as JSON. */
export type Files = Readonly<Record<string, unknown>>;

export function writeFiles(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const isPlain = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(join(folder, path), isPlain ? content : JSON.stringify(content));
  }
}

/** What a module says about a folder of these files. */
export async function judged(kind: VectorFolder, files: Files): Promise<Outcome[]> {
  return inTemporaryFolder(async (folder) => {
    writeFiles(folder, files);
    const outcomes: Outcome[] = [];
    for await (const outcome of kind.judge(openSource(folder))) outcomes.push(outcome);
    return outcomes;
  });
}

/** The results alone, in order. */
export async function resultsOf(kind: VectorFolder, files: Files): Promise<Outcome['result'][]> {
  const outcomes = await judged(kind, files);
  return outcomes.map(({ result }) => result);
}
