import { escapeMarkdown } from './markup.ts';
import type { DependencyList } from './report-dependencies.ts';
import { countRows, describeCheck, type ReportRow } from './report-rows.ts';

/** A table for a pull request or a job's summary. */
export function describeMarkdown(rows: readonly ReportRow[], lists: readonly DependencyList[]): string {
  return [
    `**${countRows(rows)}**`,
    '',
    '| artifact | verdict | why |',
    '| --- | --- | --- |',
    ...rows.map((row) => `| ${escapeMarkdown(row.name)} | ${row.verdict} | ${describeWhy(row)} |`),
    ...lists.flatMap(describeList),
  ].join('\n');
}

function describeList({ heading, lines }: DependencyList): string[] {
  return [
    '',
    escapeMarkdown(heading),
    '',
    ...lines.map(({ depth, verdict, text }) => `${'  '.repeat(depth)}- ${verdict}: ${escapeMarkdown(text)}`),
  ];
}

function describeWhy({ verdict, attestation, failed, problem }: ReportRow): string {
  if (problem !== undefined) return escapeMarkdown(problem);
  if (verdict === 'accepted') return escapeMarkdown(attestation?.builderId ?? attestation?.path ?? '');
  return failed.map((check) => `${check.id}: ${escapeMarkdown(describeCheck(check))}`).join('<br>');
}
