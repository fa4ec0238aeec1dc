import { DanubeError } from 'in-toto-attestation';
import { printable } from './text.ts';

/** Every way in which a job can fail to become a statement. */
export const JOB_ERROR_CODES = [
  'ERR_JOB_RECORD', // the job record is not one, or contradicts itself
  'ERR_JOB_FAILED', // the job did not succeed, and nobody said that this is fine
  'ERR_JOB_OUTPUT', // what the record declares is missing, ambiguous or another, or the job made nothing
  'ERR_JOB_PLATFORM', // what a CI platform is said to have said is not that, or not enough
] as const;

export type JobErrorCode = (typeof JOB_ERROR_CODES)[number];

/** A job that cannot become a statement; `pointer` (RFC 6901) names the place in the job record that it is about. */
export class JobError extends DanubeError<JobErrorCode> {
  /** JSON pointer into the job record; the empty string is the whole record. */
  readonly pointer: string;

  constructor(
    code: JobErrorCode,
    pointer: string,
    message: string,
    options?: { readonly hint?: string; readonly cause?: unknown },
  ) {
    super(code, printable(`job record${pointer === '' ? '' : ` ${pointer}`}: ${message}`), options);
    this.pointer = pointer;
  }
}

/** One thing wrong with a job record. */
export interface JobRecordIssue {
  /** JSON pointer (RFC 6901) to the value at fault; the empty string is the whole record. */
  readonly pointer: string;
  /** What was expected and what was found; never a credential, but untrusted text. */
  readonly message: string;
  /** What the author of the record can do about it, where we know. */
  readonly hint?: string;
}

const LISTED = 5;

/** A job record that was refused. The first issue gives `pointer` and `hint`; `issues` holds all of them. */
export class JobRecordError extends JobError {
  readonly issues: readonly JobRecordIssue[];

  constructor(
    issues: readonly [JobRecordIssue, ...JobRecordIssue[]],
    options: { readonly cause?: unknown } = {},
  ) {
    const [first] = issues;
    super('ERR_JOB_RECORD', first.pointer, describeIssues(issues), {
      ...options,
      ...(first.hint === undefined ? {} : { hint: first.hint }),
    });
    this.issues = issues;
  }
}

function describeIssues([first, ...others]: readonly [JobRecordIssue, ...JobRecordIssue[]]): string {
  const listed = others.slice(0, LISTED - 1).map(({ pointer, message }) => `; ${pointer}: ${message}`);
  const left = others.length - listed.length;
  return first.message + listed.join('') + (left > 0 ? `; and ${left} more` : '');
}
