import { printable } from '../terminal.ts';
import { type DependencyList, describeList } from './report-dependencies.ts';
import { placeOf, type ReportRow } from './report-rows.ts';
import { describeCommand } from './reproduce.ts';

/** Every check of every artifact, in order: what was expected, what was found, where, and what to do. */
export function describeExplained(
  rows: readonly ReportRow[],
  lists: readonly DependencyList[],
  argv: readonly string[],
): string {
  const lines = [...rows.flatMap(explainRow), ...lists.flatMap(describeList)];
  if (rows.every(({ verdict }) => verdict === 'accepted')) return lines.join('\n');
  return [...lines, describeCommand(argv)].join('\n');
}

function explainRow({ name, verdict, attestation, problem }: ReportRow): string[] {
  const head = `${verdict}  ${name}`;
  if (problem !== undefined) return [head, `  ${problem}`];
  if (attestation === undefined) return [head];
  const checks = attestation.checks.flatMap((check) => {
    const { id, status, expected, actual, hint } = check;
    const place = placeOf(attestation, check);
    return [
      `  ${status.padEnd(8)} ${id}`,
      ...(expected === null ? [] : [`    expected  ${printable(expected)}`]),
      ...(actual === null ? [] : [`    actual    ${printable(actual)}`]),
      ...(place === '' ? [] : [`    read at   ${place}`]),
      ...(hint === null ? [] : [`    hint      ${printable(hint)}`]),
    ];
  });
  return [head, ...checks];
}
