import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../repository.ts';

const page = readFileSync(join(ROOT, 'docs/attacks.md'), 'utf8');
const links = [...page.matchAll(/\[([^\]]+)\]\(\.\.\/([^)]+)\)/g)].map(([, title = '', path = '']) => ({
  title,
  path,
}));

describe('docs/attacks.md', () => {
  it('names tests and vectors that are there', () => {
    const missing = links.filter(({ title, path }) => {
      const file = join(ROOT, path);
      if (!existsSync(file)) return true;
      if (statSync(file).isDirectory())
        return !path.endsWith(`/${title}`) || !existsSync(join(file, 'case.json'));
      return path.endsWith('.test.ts') && !readFileSync(file, 'utf8').includes(title);
    });
    assert.deepEqual(missing, []);
  });

  it('has something that holds in every row', () => {
    const rows = page.split('\n').filter((line) => /^\| (?!advisory|-)/.test(line));
    assert.ok(rows.length > 30);
    for (const row of rows) assert.match(row, /\]\(\.\.\/(?:packages|scripts|test-vectors)\//, row);
  });
});
