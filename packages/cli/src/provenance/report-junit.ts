import { escapeXml } from './markup.ts';
import { type DependencyList, describeList } from './report-dependencies.ts';
import { describeCheck, placeOf, type ReportRow } from './report-rows.ts';

/** JUnit's XML, as the test tabs of CI systems read it: one test case an artifact. */
export function describeJunit(rows: readonly ReportRow[], lists: readonly DependencyList[]): string {
  const failures = rows.filter(({ verdict }) => verdict === 'rejected').length;
  const errors = rows.filter(({ verdict }) => verdict === 'not judged').length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${rows.length}" failures="${failures}" errors="${errors}">`,
    `  <testsuite name="danube provenance verify" tests="${rows.length}" failures="${failures}" errors="${errors}">`,
    ...rows.map(describeCase),
    ...describeOutput(lists),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

/** What test tabs show as the output of the tests. */
function describeOutput(lists: readonly DependencyList[]): string[] {
  if (lists.length === 0) return [];
  return [`    <system-out>${escapeXml(lists.flatMap(describeList).join('\n'))}</system-out>`];
}

function describeCase({ name, verdict, attestation, failed, problem }: ReportRow): string {
  const open = `    <testcase classname="provenance" name="${escapeXml(name)}"`;
  if (verdict === 'accepted') return `${open}/>`;
  if (problem !== undefined) return `${open}><error message="${escapeXml(problem)}"/></testcase>`;
  const ids = failed.map(({ id }) => id).join(', ');
  const details = failed.map((check) => {
    const place = attestation === undefined ? '' : placeOf(attestation, check);
    return `${check.id}: ${describeCheck(check)} (${place})`;
  });
  return `${open}><failure message="${escapeXml(ids)}">${escapeXml(details.join('\n'))}</failure></testcase>`;
}
