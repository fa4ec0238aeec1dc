import type { MalformedError } from 'in-toto-attestation';
import type { CheckStatus, Finding } from './report.ts';

interface Details {
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  readonly pointer?: string | undefined;
  readonly hint?: string | undefined;
}

function finding(status: CheckStatus, { expected, actual, pointer, hint }: Details): Finding {
  return {
    status,
    expected: expected ?? null,
    actual: actual === undefined ? null : clip(actual),
    pointer: pointer === undefined ? null : clipPointer(pointer),
    hint: hint === undefined ? null : clip(hint),
  };
}

/** Something was demanded and is so. What is left out is `null` in the report. */
export const pass = (details: Details): Finding => finding('pass', details);
/** Something was demanded and is not so. */
export const fail = (details: Details): Finding => finding('fail', details);
/** Nothing was demanded, and it is worth reading. */
export const warn = (details: Details): Finding => finding('warn', details);

/** A check that was not made, and why. */
export const notRun = (reason: string): Finding => finding('not-run', { actual: reason });

/** Untrusted bytes that were not what was expected: the parser's code, message and pointer. */
export function malformed(expected: string, error: MalformedError): Finding {
  const { code, message, pointer, hint } = error;
  return fail({ expected, actual: `${code}: ${message}`, pointer, hint });
}

/** Evidence may hold texts of megabytes; no finding quotes more of them than this. In UTF-16 units. */
const QUOTED = 2000;

function clip(text: string): string {
  if (text.length <= QUOTED) return text;
  return `${text.slice(0, QUOTED).toWellFormed()}… (${text.length - QUOTED} more characters)`;
}

/** The pointer up to the last whole token that fits: to the object around what was read. */
function clipPointer(pointer: string): string {
  if (pointer.length <= QUOTED) return pointer;
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf('/', QUOTED)));
}
