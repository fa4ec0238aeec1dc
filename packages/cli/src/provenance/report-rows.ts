import type { AttestationReport, Check, Report } from '@danube/verifier';
import { printable } from '../terminal.ts';
import { progressOf } from './report.ts';
import type { Problem } from './targets.ts';

/** One artifact of a report, by the attestation that explains most: the accepted one, or the one that came furthest. */
export interface ReportRow {
  /** Printable. */
  readonly name: string;
  readonly verdict: 'accepted' | 'rejected' | 'not judged';
  readonly attestation: AttestationReport | undefined;
  readonly failed: readonly Check[];
  /** Why it was not judged; printable. */
  readonly problem?: string;
}

/** Every artifact, those that were not accepted first. A file that could not be read is one that was not accepted. */
export function reportRows({ artifacts }: Report, problems: readonly Problem[]): readonly ReportRow[] {
  const unread = problems.map(({ name, error }): ReportRow => ({
    name: printable(name),
    verdict: 'not judged',
    attestation: undefined,
    failed: [],
    problem: printable(error.message),
  }));
  const judged = artifacts.map(({ name, verdict, attestations }): ReportRow => {
    const attestation = attestations.toSorted((a, b) => progressOf(b) - progressOf(a))[0];
    const failed = verdict === 'accepted' ? [] : (attestation?.checks ?? []).filter(isFailed);
    return { name: name === null ? 'provenance' : printable(name), verdict, attestation, failed };
  });
  return [...unread, ...judged.filter(isRejected), ...judged.filter((row) => !isRejected(row))];
}

const isFailed = ({ status }: Check): boolean => status === 'fail';
const isRejected = ({ verdict }: ReportRow): boolean => verdict === 'rejected';

/** A failed check in one line, printable. */
export function describeCheck({ expected, actual, hint }: Check): string {
  const parts = [
    ...(expected === null ? [] : [`expected ${expected}`]),
    ...(actual === null ? [] : [`found ${actual}`]),
    ...(hint === null ? [] : [hint]),
  ];
  return printable(parts.join('; '));
}

/** Where a check read, printable; empty when nowhere. */
export function placeOf({ path, line }: AttestationReport, { pointer }: Check): string {
  if (path === null) return '';
  return printable(`${path}${line === null ? '' : `:${line}`}${pointer === null ? '' : ` ${pointer}`}`);
}

export function countRows(rows: readonly ReportRow[]): string {
  const count = (verdict: ReportRow['verdict']): number =>
    rows.filter((row) => row.verdict === verdict).length;
  return `${count('accepted')} accepted, ${count('rejected')} rejected, ${count('not judged')} not judged`;
}
