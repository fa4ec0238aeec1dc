import { escapeCommand, escapeProperty } from './markup.ts';
import type { DependencyList } from './report-dependencies.ts';
import { countRows, describeCheck, type ReportRow } from './report-rows.ts';

/** Workflow commands that GitHub Actions turns into annotations. */
export function describeGithub(rows: readonly ReportRow[], lists: readonly DependencyList[]): string {
  return [
    ...rows.flatMap(annotate),
    ...lists.flatMap(annotateDependencies),
    `::notice title=danube provenance verify::${escapeCommand(countRows(rows))}`,
  ].join('\n');
}

function annotate({ name, verdict, failed, problem }: ReportRow): string[] {
  if (verdict === 'accepted') return [];
  if (problem !== undefined) return [command(name, 'not judged', problem)];
  if (failed.length === 0) return [command(name, 'rejected', 'nothing accepts it')];
  return failed.map((check) => command(name, `${check.id} failed`, `${name}: ${describeCheck(check)}`));
}

/** What is bad was an error of the artifact already; here it is named with what it was named beside. */
function annotateDependencies({ heading, lines }: DependencyList): string[] {
  return lines.map(
    ({ verdict, text }) =>
      `::notice title=dependency ${verdict}::${escapeCommand(`${heading}: ${verdict}  ${text}`)}`,
  );
}

function command(file: string, title: string, message: string): string {
  return `::error file=${escapeProperty(file)},title=${escapeProperty(title)}::${escapeCommand(message)}`;
}
