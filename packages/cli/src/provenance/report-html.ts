import { isJsonArray, isJsonObject, type JsonValue } from 'in-toto-attestation';
import { printable } from '../terminal.ts';
import { escapeXml } from './markup.ts';
import type { DependencyList } from './report-dependencies.ts';
import { countRows, placeOf, type ReportRow } from './report-rows.ts';

const STYLE =
  'body{font:15px system-ui;margin:2em;max-width:70em}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.3em .6em;text-align:left;overflow-wrap:anywhere}.pass,.accepted,.verified{color:#066}.fail,.rejected{color:#a00;font-weight:bold}.warn,.not-verified{color:#850}';

/** One file that needs no script, no network and nothing beside it; its policy forbids all of them. */
export function describeHtml(rows: readonly ReportRow[], lists: readonly DependencyList[]): string {
  const summary = escapeXml(countRows(rows));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>danube: ${summary}</title><style>${STYLE}</style></head>
<body><h1>${summary}</h1>
${[...rows.map(describeRow), ...lists.map(describeList)].join('\n')}
</body></html>`;
}

/** A tree by the depth of its lines, which is never more than one greater than that of the line before. */
function describeList({ heading, lines }: DependencyList): string {
  let markup = '';
  let open = 0;
  for (const { depth, verdict, text } of lines) {
    if (depth < open) markup += '</li></ul>'.repeat(open - depth - 1);
    markup += depth + 1 > open ? '<ul>' : '</li>';
    open = depth + 1;
    markup += `<li><span class="${verdict.replace(' ', '-')}">${verdict}</span> ${escapeXml(text)}`;
  }
  return `<h2>${escapeXml(heading)}</h2>${markup}${'</li></ul>'.repeat(open)}`;
}

function describeRow(row: ReportRow): string {
  const { name, verdict, attestation, problem } = row;
  const heading = `<h2>${escapeXml(name)}: <span class="${verdict.replace(' ', '-')}">${verdict}</span></h2>`;
  if (problem !== undefined) return `${heading}<p>${escapeXml(problem)}</p>`;
  if (attestation === undefined) return `${heading}<p>There is no attestation.</p>`;
  return [heading, describeTrust(row), describeStory(row), describeChecks(row)].join('\n');
}

function describeTrust({ attestation }: ReportRow): string {
  const { keyids = [], identity = null, path = null } = attestation ?? {};
  const signers = [...keyids.map((keyid) => `key ${keyid}`), ...(identity === null ? [] : [identity])];
  const by = signers.length === 0 ? 'nobody who is trusted' : signers.join(', ');
  return `<p>Signed by ${cell(by)}, in ${cell(path ?? 'no file')}.</p>`;
}

/** What the statement tells of the build; only a statement that was believed is there at all. */
function describeStory({ attestation }: ReportRow): string {
  const predicate = attestation?.statement?.predicate;
  if (predicate === undefined) return '<p>What the attestation says of its build is not believed.</p>';
  const facts: readonly (readonly [string, readonly string[]])[] = [
    ['built by', ['runDetails', 'builder', 'id']],
    ['build type', ['buildDefinition', 'buildType']],
    ['source', ['buildDefinition', 'externalParameters', 'source']],
    ['triggered by', ['buildDefinition', 'externalParameters', 'trigger']],
    ['who', ['buildDefinition', 'internalParameters', 'trigger']],
    ['worker', ['buildDefinition', 'internalParameters', 'worker']],
    ['commit and other inputs', ['buildDefinition', 'resolvedDependencies']],
    ['run', ['runDetails', 'metadata', 'invocationId']],
    ['started', ['runDetails', 'metadata', 'startedOn']],
    ['finished', ['runDetails', 'metadata', 'finishedOn']],
    ['builder (v0.2)', ['builder', 'id']],
    ['started from (v0.2)', ['invocation', 'configSource']],
  ];
  const told = facts.flatMap(([label, path]) => {
    const value = valueAt(predicate, path);
    return value === undefined ? [] : [tableRow(label, tell(value))];
  });
  return `<h3>The build</h3><table>${told.join('')}${describeSteps(valueAt(predicate, ['runDetails', 'byproducts']))}</table>`;
}

function describeSteps(steps: JsonValue | undefined): string {
  if (steps === undefined || !isJsonArray(steps)) return '';
  return steps.map((step) => tableRow('step', tell(step))).join('');
}

function valueAt(value: JsonValue, path: readonly string[]): JsonValue | undefined {
  let found: JsonValue | undefined = value;
  for (const key of path) {
    found = found !== undefined && isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}

function tell(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function describeChecks({ attestation }: ReportRow): string {
  if (attestation === undefined) return '';
  const rows = attestation.checks.map((check) => {
    const { id, status, expected, actual, hint } = check;
    const cells = [expected ?? '', actual ?? '', placeOf(attestation, check), hint ?? ''].map(
      (text) => `<td>${cell(text)}</td>`,
    );
    return `<tr><td>${id}</td><td class="${status}">${status}</td>${cells.join('')}</tr>`;
  });
  return `<h3>The checks</h3><table><tr><th>check</th><th>status</th><th>expected</th><th>found</th><th>where</th><th>what to do</th></tr>${rows.join('')}</table>`;
}

function tableRow(label: string, text: string): string {
  return `<tr><th>${label}</th><td>${cell(text)}</td></tr>`;
}

function cell(text: string): string {
  return escapeXml(printable(text));
}
