import { DanubeError } from 'in-toto-attestation';
import { printable } from './printable.ts';
import type { Report } from './report.ts';

export const VERIFICATION_ERROR_CODES = ['ERR_VERIFICATION'] as const;

export type VerificationErrorCode = (typeof VERIFICATION_ERROR_CODES)[number];

/** The verdict was not `accepted`; `report` says why, check by check. */
export class VerificationError extends DanubeError<VerificationErrorCode> {
  readonly report: Report;

  constructor(report: Report) {
    const { message, hint } = firstFailure(report);
    super('ERR_VERIFICATION', message, hint === null ? {} : { hint: printable(hint) });
    this.report = report;
  }
}

/** The caller's mistake: an argument that cannot mean what it says. `field` names it. */
export class ExpectationError extends TypeError {
  readonly field: string;

  constructor(field: string, message: string) {
    super(`${field}: ${message}`);
    this.name = 'ExpectationError';
    this.field = field;
  }
}

function firstFailure(report: Report): { readonly message: string; readonly hint: string | null } {
  const artifact = report.artifacts.find(({ verdict }) => verdict === 'rejected');
  const check = artifact?.attestations
    .flatMap(({ checks }) => checks)
    .find(({ status }) => status === 'fail');
  const name = artifact?.name ?? 'provenance';
  const reason = check === undefined ? 'nothing was verified' : `${check.id}: ${check.actual ?? 'failed'}`;
  return { message: printable(`${name} is rejected: ${reason}`), hint: check?.hint ?? null };
}
