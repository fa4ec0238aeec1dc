import {
  type ArtifactReport,
  type AttestationReport,
  type Check,
  type Report,
  isFollowed,
  reportJson,
} from '@danube/verifier';
import { paint, print, printJson, printable, sayError, sayHint, sayWarning, STDOUT } from '../terminal.ts';
import { describeDependencies } from './report-dependencies.ts';
import { describeCommand } from './reproduce.ts';
import type { Problem } from './targets.ts';

/** A report in a format of its own. */
export type Describe = (report: Report, problems: readonly Problem[]) => string;

/** Prints what a verification found: the report on stdout, what could not be looked at on stderr. */
export function printReport(
  report: Report,
  problems: readonly Problem[],
  format: 'json' | 'text' | Describe,
): void {
  sayProblems(problems);
  if (typeof format === 'function') print(format(report, problems));
  else if (format === 'json') printJson(withProblems(report, problems));
  else print(describeReport(report, problems.length));
  sayUnjudged(report);
}

/** What is told beside a report, whatever its form: what could not be looked at, and what was not judged. */
export function sayBeside(report: Report, problems: readonly Problem[]): void {
  sayProblems(problems);
  sayUnjudged(report);
}

function sayProblems(problems: readonly Problem[]): void {
  for (const { name, error } of problems) {
    sayError(`${name} was not judged: ${error.message}`);
    if (error.hint !== undefined) sayHint(error.hint);
  }
}

/** In the report a file that could not be read is a rejected artifact without a digest: it must not look accepted. */
function withProblems(report: Report, problems: readonly Problem[]): ReturnType<typeof reportJson> {
  const json = reportJson(report);
  if (problems.length === 0) return json;
  const unread = problems.map(
    ({ name }) => ({ name, digest: {}, verdict: 'rejected', attestations: [] }) as const,
  );
  return { ...json, verdict: 'rejected', artifacts: [...json.artifacts, ...unread] };
}

const LISTED = 10;

function sayUnjudged({ unjudged }: Report): void {
  if (unjudged.length === 0) return;
  sayWarning(`no provenance names these files, and they were not judged: ${list(unjudged)}`);
  sayHint('--no-extra makes such files fail');
}

function list(names: readonly string[]): string {
  const more = names.length > LISTED ? `, and ${names.length - LISTED} more` : '';
  return names.slice(0, LISTED).join(', ') + more;
}

function describeReport(report: Report, problems: number): string {
  const { artifacts } = report;
  const rejected = artifacts.filter(({ verdict }) => verdict === 'rejected');
  const accepted = artifacts.filter(({ verdict }) => verdict === 'accepted');
  return [
    ...rejected.flatMap(describeRejected),
    ...(rejected.length === 0 ? [] : [describeCommand(process.argv.slice(2))]),
    ...accepted.flatMap((artifact) => [describeAccepted(artifact), ...describeBeside(artifact)]),
    ...describeWarnings(accepted),
    ...describeUnchecked(accepted),
    ...(isFollowed(report) ? describeDependencies(report) : []),
    describeTotal(accepted.length, rejected, problems),
  ].join('\n');
}

/** The last line; behind many accepted artifacts it says once more which ones are not. */
function describeTotal(accepted: number, rejected: readonly ArtifactReport[], problems: number): string {
  const names =
    accepted === 0 || rejected.length === 0 ? '' : ` (${list(rejected.map(({ name }) => nameOf(name)))})`;
  const parts = [`${accepted} accepted`, `${rejected.length} rejected${names}`];
  if (problems > 0) parts.push(`${problems} not judged`);
  return parts.join(', ');
}

function describeAccepted({ name, attestations }: ArtifactReport): string {
  const {
    keyids = [],
    identity = null,
    builderId = null,
    path = null,
  } = attestations.find(isAcceptable) ?? {};
  const facts = [
    ...(keyids.length === 0 ? [] : [`key ${keyids.join(', ')}`]),
    ...(identity === null ? [] : [`identity ${printable(identity)}`]),
    ...(builderId === null ? [] : [`builder ${printable(builderId)}`]),
    `in ${printable(path ?? '')}`,
  ];
  return `${paint(STDOUT, 'green', 'accepted')}  ${nameOf(name)}  (${facts.join('; ')})`;
}

/** Attestations of other types that lie beside provenance that is judged alone. */
function describeBeside({ name, attestations }: ArtifactReport): string[] {
  if (name !== null) return [];
  return attestations
    .filter((attestation) => !isAcceptable(attestation))
    .map(({ path, keyids, statement }) => {
      const signed = keyids.length === 0 ? 'not signed by a key you trust' : `key ${keyids.join(', ')}`;
      const type = statement === null ? '' : `${printable(statement.predicateType)}; `;
      return `  beside it  ${printable(path ?? '')}  (${type}${signed})`;
    });
}

function nameOf(name: string | null): string {
  return name === null ? 'provenance' : printable(name);
}

/** The attestation that passed. */
function isAcceptable({ verdict }: AttestationReport): boolean {
  return verdict === 'accepted';
}

function describeRejected({ name, attestations }: ArtifactReport): string[] {
  const [closest, ...others] = attestations.toSorted((a, b) => progressOf(b) - progressOf(a));
  const lines = [`${paint(STDOUT, 'red', 'rejected')}  ${nameOf(name)}`];
  if (closest !== undefined) lines.push(...describeFailures(closest));
  return [...lines, ...others.map(describeOther)];
}

/** How far an attestation came before its first failure: the one that came furthest explains most. */
export function progressOf({ checks }: AttestationReport): number {
  const first = checks.findIndex(({ status }) => status === 'fail');
  return first === -1 ? checks.length : first;
}

function describeFailures(attestation: AttestationReport): string[] {
  const failed = attestation.checks.filter(({ status }) => status === 'fail');
  return failed.flatMap((check) => [
    `  ${paint(STDOUT, 'bold', check.id)} failed${placeOf(attestation, check)}`,
    ...describeFinding(check),
  ]);
}

function placeOf({ path, line }: AttestationReport, { pointer }: Check): string {
  if (path === null) return '';
  const at = line === null ? '' : `:${line}`;
  return ` in ${printable(path)}${at}${pointer === null || pointer === '' ? '' : ` at ${printable(pointer)}`}`;
}

function describeFinding({ expected, actual, hint }: Check): string[] {
  return Object.entries({ expected, actual, hint }).flatMap(([label, text]) =>
    text === null ? [] : [`    ${label.padEnd(8)}  ${printable(text)}`],
  );
}

function describeOther({ path, line, checks }: AttestationReport): string {
  const first = checks.find(({ status }) => status === 'fail');
  const at = line === null ? '' : `:${line}`;
  return `  also tried ${printable(path ?? 'nothing')}${at}: ${first === undefined ? 'not enough' : `${first.id} failed`}`;
}

/** What deserves a look although it was accepted; the same for many artifacts is said once. */
function describeWarnings(accepted: readonly ArtifactReport[]): string[] {
  const warnings = checksOf(accepted, 'warn').map(({ id, actual, hint }) => {
    const advice = hint === null ? '' : ` (${printable(hint)})`;
    return `${paint(STDOUT, 'yellow', 'warning')}   ${id}: ${printable(actual ?? '')}${advice}`;
  });
  return [...new Set(warnings)];
}

/** Where keys sign themselves there is no certificate to check, and nothing is left out. */
const NOTHING_TO_CHECK =
  /^no (?:(?:certificate|verification summary) is expected|key was delegated to|npm package is named)/;

/** What nobody asked for and was therefore not checked. */
function describeUnchecked(accepted: readonly ArtifactReport[]): string[] {
  const reasons = new Set(
    checksOf(accepted, 'not-run')
      .filter(({ actual }) => !NOTHING_TO_CHECK.test(actual ?? ''))
      .map(({ id, actual }) => `${id} (${whyUnchecked(actual ?? '')})`),
  );
  return reasons.size === 0 ? [] : [`not checked: ${[...reasons].join(', ')}`];
}

/** The id says already what was not constrained. */
function whyUnchecked(reason: string): string {
  return printable(reason.replace(/^.* (?=not constrained$)/, ''));
}

/** Each once: attestations of which a check says the same share it. */
function checksOf(accepted: readonly ArtifactReport[], status: Check['status']): readonly Check[] {
  const found = new Set<Check>();
  let last: readonly Check[] = [];
  for (const { attestations } of accepted) {
    const checks = attestations.find(isAcceptable)?.checks ?? [];
    for (const [index, check] of checks.entries())
      if (check.status === status && check !== last[index]) found.add(check);
    last = checks;
  }
  return [...found];
}
