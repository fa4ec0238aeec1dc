import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { TABLES } from '../interop/matrix/all.ts';
import { askVerifier } from '../interop/matrix/ask.ts';
import { problemsOf } from '../interop/matrix/page.ts';
import { readRecorded, type Recorded } from '../interop/matrix/recorded.ts';
import { replaceTables } from '../interop/record.ts';
import { OURS } from '../interop/matrix/table.ts';
import { ROOT } from '../repository.ts';

const RECORDED = readRecorded();
/** What `npm ci` brings; `npm run interop` asks the others. */
const HERE = new Set([OURS, '@sigstore/verify']);

/** The recorded answers with another one in the first table. */
function withAnswer(what: string, name: string, verdict: 'accepts' | 'rejects'): Recorded {
  const [table] = TABLES;
  assert.ok(table !== undefined);
  const answers = RECORDED.answers[table.id] ?? {};
  const changed = { ...answers, [what]: { ...answers[what], [name]: { verdict, reason: '' } } };
  return { ...RECORDED, answers: { ...RECORDED.answers, [table.id]: changed } };
}

describe('the tables of docs/interop.md', () => {
  it('are those of the recorded answers', () => {
    const page = readFileSync(join(ROOT, 'docs/interop.md'), 'utf8');
    const written = replaceTables(page, RECORDED);
    assert.equal(page, written, 'write it: npm run interop -- --record --vectors=FOLDER verifiers');
  });

  it('explain every answer that is not ours, and ours is right', () => {
    assert.deepEqual(
      TABLES.flatMap((table) => problemsOf(table, RECORDED)),
      [],
    );
  });

  it('do not pass when we accept what is not to be believed, or when a difference is not explained', () => {
    const [table] = TABLES;
    assert.ok(table !== undefined);
    const problems = (recorded: Recorded): string => problemsOf(table, recorded).join('\n');
    assert.match(problems(withAnswer('another key', OURS, 'accepts')), /another key: danube accepts/);
    assert.match(problems(withAnswer('another key', 'cosign', 'accepts')), /another key: cosign accepts/);
    assert.match(problems(withAnswer('another source than expected', 'cosign', 'rejects')), /cosign rejects/);
  });

  for (const table of TABLES.filter(({ missing }) => missing === undefined)) {
    for (const row of table.rows) {
      for (const { name } of table.columns.filter(({ name }) => HERE.has(name))) {
        it(`${table.title}: ${row.what}: ${name} answers as recorded`, async () => {
          assert.deepEqual(await askVerifier(row, name), RECORDED.answers[table.id]?.[row.what]?.[name]);
        });
      }
    }
  }
});
