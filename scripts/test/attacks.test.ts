import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../repository.ts';

/** Each row of these tables names what holds against something. */
const PAGES = [
  ['docs/attacks.md', 55],
  ['docs/webhook-troubles.md', 34],
] as const;

for (const [path, count] of PAGES)
  describe(path, () => judgePage(readFileSync(join(ROOT, path), 'utf8'), count));

function judgePage(page: string, count: number): void {
  const links = [...page.matchAll(/\[([^\]]+)\]\(\.\.\/([^)]+)\)/g)].map(([, title = '', path = '']) => ({
    title,
    path,
  }));

  it('names tests and vectors that are there', () => {
    const missing = links.filter(({ title, path }) => {
      const file = join(ROOT, path);
      if (!existsSync(file)) return true;
      if (statSync(file).isDirectory())
        return !path.endsWith(`/${title}`) || !existsSync(join(file, 'case.json'));
      return path.endsWith('.ts') && !namesTest(readFileSync(file, 'utf8'), title);
    });
    assert.deepEqual(missing, []);
  });

  it('has something that holds in every row', () => {
    const rows = page.split('\n').filter((line) => /^\| (?!advisory|report|-)/.test(line));
    assert.ok(rows.length >= count, String(rows.length));
    for (const row of rows) assert.match(row, /\]\(\.\.\/(?:packages|scripts|test-vectors)\//, row);
  });
}

function namesTest(source: string, title: string): boolean {
  return source.replaceAll("\\'", "'").includes(title);
}
