import type { MalformedError } from 'in-toto-attestation';
import type { CheckStatus, Finding } from './report.ts';

interface Details {
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  readonly pointer?: string | undefined;
  readonly hint?: string | undefined;
}

/** A finding; what is left out is `null` in the report. */
export function finding(status: CheckStatus, details: Details): Finding {
  return {
    status,
    expected: details.expected ?? null,
    actual: details.actual ?? null,
    pointer: details.pointer ?? null,
    hint: details.hint ?? null,
  };
}

export const pass = (details: Details): Finding => finding('pass', details);
export const fail = (details: Details): Finding => finding('fail', details);
export const warn = (details: Details): Finding => finding('warn', details);

/** A check that was not made, and why. */
export const notRun = (reason: string): Finding => finding('not-run', { actual: reason });

/** Untrusted bytes that were not what was expected: the parser's code, message and pointer. */
export function malformed(expected: string, error: MalformedError): Finding {
  return fail({
    expected,
    actual: `${error.code}: ${error.message}`,
    pointer: error.pointer,
    hint: error.hint,
  });
}
