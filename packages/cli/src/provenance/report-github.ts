import { escapeCommand, escapeProperty } from './markup.ts';
import { countRows, describeCheck, type ReportRow } from './report-rows.ts';

/** Workflow commands that GitHub Actions turns into annotations. */
export function describeGithub(rows: readonly ReportRow[]): string {
  return [
    ...rows.flatMap(annotate),
    `::notice title=danube provenance verify::${escapeCommand(countRows(rows))}`,
  ].join('\n');
}

function annotate({ name, verdict, failed, problem }: ReportRow): string[] {
  if (verdict === 'accepted') return [];
  if (problem !== undefined) return [command(name, 'not judged', problem)];
  if (failed.length === 0) return [command(name, 'rejected', 'nothing accepts it')];
  return failed.map((check) => command(name, `${check.id} failed`, `${name}: ${describeCheck(check)}`));
}

function command(file: string, title: string, message: string): string {
  return `::error file=${escapeProperty(file)},title=${escapeProperty(title)}::${escapeCommand(message)}`;
}
