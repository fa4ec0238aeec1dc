import type { Recorded, RowAnswers } from './recorded.ts';
import { type AnyTable, OURS } from './table.ts';

type AnyRow = AnyTable['rows'][number];

/**
 * What keeps the answers from being a page: ours is not the right one, or another one is not explained; a reason that
 * explains nothing; an answer that is missing.
 */
export function problemsOf(table: AnyTable, recorded: Recorded): string[] {
  const answers = recorded.answers[table.id] ?? {};
  const known = new Set(table.rows.map(({ what }) => what));
  return [
    ...(known.size === table.rows.length ? [] : [`${table.id}: two rows have one name`]),
    ...Object.keys(answers).flatMap((what) =>
      known.has(what) ? [] : [`${table.id}: ${what}: there is no such row`],
    ),
    ...table.rows.flatMap((row) => rowProblems(table, row, answers[row.what] ?? {})),
  ];
}

function rowProblems(table: AnyTable, { what, good, why = {} }: AnyRow, answers: RowAnswers): string[] {
  const ours = answers[OURS]?.verdict;
  const problems: string[] = [];
  if (ours !== (good ? 'accepts' : 'rejects')) problems.push(`${OURS} ${ours ?? 'is not recorded'}`);
  for (const { name } of table.columns) {
    const verdict = answers[name]?.verdict;
    if (verdict === undefined) problems.push(`${name} is not recorded`);
    else if (verdict !== 'not run' && (verdict !== ours) !== (why[name] !== undefined))
      problems.push(`${name} ${verdict} as we do, or not, and the reason does not say so`);
  }
  return problems.map((problem) => `${table.id}: ${what}: ${problem}`);
}

/** What the tables begin with. */
export const TABLES_HEADING = '\n## The same files, verifier by verifier\n';

const HEAD = `${TABLES_HEADING}
Who accepts what, and why where others do not say what we say. \`npm run interop\` asks each of them again, and fails when one
answers otherwise, or for another reason, than is recorded here; \`npm test\` asks us and \`@sigstore/verify\`.
`;

/** The tables of the page. */
export function encodeTables(tables: readonly AnyTable[], recorded: Recorded): string {
  return HEAD + tables.map((table) => encodeTable(table, recorded)).join('');
}

function encodeTable({ id, title, intro, columns, rows }: AnyTable, recorded: Recorded): string {
  const notes: string[] = [];
  const note = (text: string): number => {
    if (!notes.includes(text)) notes.push(text);
    return notes.indexOf(text) + 1;
  };
  const lines = rows.map(({ what, why = {} }) => {
    const cells = columns.map(({ name }) => {
      const verdict = recorded.answers[id]?.[what]?.[name]?.verdict ?? 'not run';
      const reason = verdict === 'not run' ? undefined : why[name];
      return reason === undefined ? verdict : `${verdict} (${note(reason)})`;
    });
    return lineOf([what, ...cells]);
  });
  const names = columns.map(({ name }) =>
    name === OURS ? name : `${name} ${recorded.versions[name] ?? '-'}`,
  );
  const head = [lineOf(['', ...names]), lineOf(['---', ...names.map(() => '---')])];
  const list = notes.map((text, index) => `${index + 1}. ${text}\n`);
  return `\n### ${title}\n\n${intro}\n\n${head.join('')}${lines.join('')}\n${list.join('')}`;
}

const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
