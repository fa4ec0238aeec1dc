import assert from 'node:assert/strict';
import type { Check } from '@danube/verifier';
import type { ExpectedCheck, VerifyVerdict } from '../../vectors/case-format.ts';

/** What library and command report alike; `line` is in the library's report alone. */
export interface ComparedReport {
  readonly verdict: 'accepted' | 'rejected';
  readonly artifacts: readonly {
    readonly verdict: 'accepted' | 'rejected';
    readonly attestations: readonly { readonly line?: number | null; readonly checks: readonly Check[] }[];
  }[];
}

/** Fails unless the report is what the case expects: verdict, the set of failing checks, and each check it names. */
export function assertReport(
  report: ComparedReport,
  expected: Exclude<VerifyVerdict, { readonly verdict: 'refused' }>,
): void {
  assert.equal(report.verdict, expected.verdict, JSON.stringify(report, undefined, 1));
  if (expected.verdict === 'rejected') {
    assert.deepEqual(failedChecks(report), [...expected.failed].sort(), JSON.stringify(report, undefined, 1));
  }
  for (const check of expected.checks ?? []) {
    assert.ok(hasCheck(report, check), `${JSON.stringify(check)} in ${JSON.stringify(report, undefined, 1)}`);
  }
}

/** Ids of the checks that fail for an artifact that is rejected: beside an accepted attestation nothing spoils. */
export function failedChecks({ artifacts }: ComparedReport): string[] {
  const failed = artifacts
    .filter(({ verdict }) => verdict === 'rejected')
    .flatMap(({ attestations }) => attestations.flatMap(({ checks }) => checks))
    .filter(({ status }) => status === 'fail');
  return [...new Set(failed.map(({ id }) => id))].sort();
}

function hasCheck({ artifacts }: ComparedReport, expected: ExpectedCheck): boolean {
  const attestations = artifacts.flatMap((artifact) => artifact.attestations);
  return attestations.some(
    ({ line, checks }) =>
      (expected.line === undefined || line === undefined || expected.line === line) &&
      checks.some((check) => fits(check, expected)),
  );
}

function fits(check: Check, { id, status, code, pointer }: ExpectedCheck): boolean {
  if (check.id !== id || check.status !== status) return false;
  if (code !== undefined && check.actual?.startsWith(`${code}: `) !== true) return false;
  return pointer === undefined || check.pointer === pointer;
}
