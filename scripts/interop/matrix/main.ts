import { HOW_TO_INSTALL } from '../../peers.ts';
import { askVerifier } from './ask.ts';
import { problemsOf } from './page.ts';
import type { Recorded } from './recorded.ts';
import type { Answer, AnyTable } from './table.ts';

/** What became of a cell, in the words of the run's count. */
interface Cell {
  readonly answer: Answer;
  /** `ok`, or a text that begins with `FAILED` or `not run`. */
  readonly result: string;
}

export interface MatrixRun {
  readonly recorded: Recorded;
  readonly results: readonly string[];
}

/**
 * Asks every verifier about every row, prints a line for each, and compares with what was recorded.
 *
 * @param recorded what the answers must be; undefined when they are to be recorded.
 */
export async function runMatrix(
  tables: readonly AnyTable[],
  recorded: Recorded | undefined,
): Promise<MatrixRun> {
  const seen: Record<string, string> = {};
  const now: Record<string, Record<string, Record<string, Answer>>> = {};
  const results: string[] = [];
  for (const table of tables) {
    const versions = new Map(table.columns.map((column) => [column.name, column.version()]));
    for (const [name, version] of versions) if (version !== undefined) seen[name] = version;
    for (const row of table.rows) {
      const answers: Record<string, Answer> = {};
      for (const { name } of table.columns) {
        const expected = recorded?.answers[table.id]?.[row.what]?.[name];
        const missing = table.missing ?? row.missing;
        const cell =
          missing === undefined
            ? await ask(row, name, versions.get(name), expected, recorded === undefined)
            : notRun(missing);
        console.log(`${table.title}: ${row.what}: ${name} ${versions.get(name) ?? '-'}: ${cell.result}`);
        answers[name] = cell.answer;
        results.push(cell.result);
      }
      (now[table.id] ??= {})[row.what] = answers;
    }
  }
  const made = { versions: seen, answers: now };
  for (const problem of tables.flatMap((table) => problemsOf(table, recorded ?? made))) {
    console.log(`FAILED: ${problem}`);
    results.push('FAILED');
  }
  return { recorded: made, results };
}

async function ask(
  row: AnyTable['rows'][number],
  name: string,
  version: string | undefined,
  expected: Answer | undefined,
  records: boolean,
): Promise<Cell> {
  if (version === undefined) return notRun(`${name} is missing; ${HOW_TO_INSTALL}`);
  const answer = await askVerifier(row, name);
  if (records || (expected?.verdict === answer.verdict && expected.reason === answer.reason))
    return { answer, result: `ok (${inWords(answer)})` };
  return {
    answer,
    result: `FAILED: it ${inWords(answer)}; recorded is ${expected === undefined ? 'nothing' : inWords(expected)}`,
  };
}

function notRun(reason: string): Cell {
  return { answer: { verdict: 'not run', reason: '' }, result: `not run: ${reason}` };
}

function inWords({ verdict, reason }: Answer): string {
  return reason === '' ? verdict : `${verdict}: ${reason}`;
}
