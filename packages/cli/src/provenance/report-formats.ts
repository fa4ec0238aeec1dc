import type { Report } from '@danube/verifier';
import { type DependencyList, dependencyLists } from './report-dependencies.ts';
import { describeExplained } from './report-explain.ts';
import { describeGithub } from './report-github.ts';
import { describeHtml } from './report-html.ts';
import { describeJunit } from './report-junit.ts';
import { describeMarkdown } from './report-markdown.ts';
import { type ReportRow, reportRows } from './report-rows.ts';
import { describeSarif } from './report-sarif.ts';
import type { Problem } from './targets.ts';

const FORMATS: Readonly<
  Record<string, (rows: readonly ReportRow[], lists: readonly DependencyList[]) => string>
> = {
  sarif: describeSarif,
  junit: describeJunit,
  github: describeGithub,
  markdown: describeMarkdown,
  html: describeHtml,
  explain: (rows, lists) => describeExplained(rows, lists, process.argv.slice(2)),
};

/** The report for another program or another reader; everything that came from evidence is escaped for the format. */
export function describeAs(format: string, report: Report, problems: readonly Problem[]): string {
  const describe = FORMATS[format];
  if (describe === undefined) throw new TypeError(`no such format: ${format}`);
  return describe(reportRows(report, problems), dependencyLists(report));
}
