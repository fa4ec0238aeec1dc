import { CHECK_IDS, TOOL } from '@danube/verifier';
import type { DependencyList } from './report-dependencies.ts';
import { describeCheck, placeOf, type ReportRow } from './report-rows.ts';

/** The rule of a file that could not be read, beside those of the checks. */
const NOT_JUDGED = 'not-judged';

/** SARIF 2.1.0 (OASIS): one result for each check that rejects an artifact. */
export function describeSarif(rows: readonly ReportRow[], lists: readonly DependencyList[]): string {
  const rules = [...CHECK_IDS, NOT_JUDGED].map((id) => ({ id, shortDescription: { text: id } }));
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { ...TOOL, rules } },
        results: [...rows.flatMap(resultsOf), ...lists.flatMap(notesOf)],
      },
    ],
  };
  return JSON.stringify(log, null, 2);
}

function resultsOf({ name, attestation, failed, problem, verdict }: ReportRow): object[] {
  if (verdict === 'accepted') return [];
  if (problem !== undefined) return [result(NOT_JUDGED, name, problem)];
  if (attestation === undefined || failed.length === 0)
    return [result('evidence.found', name, 'nothing accepts it')];
  return failed.map((check) => {
    const place = placeOf(attestation, check);
    return result(check.id, name, `${name}: ${describeCheck(check)}${place === '' ? '' : ` (${place})`}`);
  });
}

/** What was found of each dependency. A bad one made a result of the artifact already. */
function notesOf({ heading, lines }: DependencyList): object[] {
  return lines.map(({ verdict, text }) => ({
    ruleId: 'dependency',
    kind: verdict === 'verified' ? 'pass' : 'informational',
    level: 'none',
    message: { text: `${heading}: ${verdict}  ${text}` },
  }));
}

function result(ruleId: string, name: string, text: string): object {
  return {
    ruleId,
    level: 'error',
    message: { text },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(name) } } }],
  };
}

/** SARIF 2.1.0 3.4.3 and 3.4.4: an absolute path is a file URI, any other a reference that begins with no slash. */
function uriOf(name: string): string {
  const path = name.split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${path}` : path;
}
