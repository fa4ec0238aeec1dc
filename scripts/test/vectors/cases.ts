import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { CASE } from '../../vectors/case-schema.ts';
import type { Case } from '../../vectors/case-format.ts';
import { ROOT } from '../../repository.ts';

/** The folder of our own cases. */
export const TEST_VECTORS: string = join(ROOT, 'test-vectors');

/** One case as it lies on disk. */
export interface StoredCase<Kind extends Case['kind'] = Case['kind']> {
  /** `<kind>/<name>`. */
  readonly name: string;
  readonly folder: string;
  readonly content: Extract<Case, { readonly kind: Kind }>;
}

/** Every case below test-vectors/. */
export function loadCases(): StoredCase[] {
  return readdirSync(TEST_VECTORS, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(`${sep}case.json`))
    .map((path) => path.slice(0, -`${sep}case.json`.length))
    .sort()
    .map((name) => {
      const folder = join(TEST_VECTORS, name);
      const content = CASE.parse(JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')));
      return { name: name.split(sep).join('/'), folder, content };
    });
}

/** The cases of one kind. */
export function casesOf<Kind extends Case['kind']>(kind: Kind): StoredCase<Kind>[] {
  return loadCases().filter((stored) => stored.content.kind === kind) as unknown[] as StoredCase<Kind>[];
}
