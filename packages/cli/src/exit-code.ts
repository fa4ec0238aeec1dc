import { DanubeError } from 'in-toto-attestation';

/** What the exit status of every danube command means. An interrupted command ends with 128 + the signal's number. */
export const EXIT = {
  /** Accepted, or done. */
  ok: 0,
  /** Rejected: the evidence was judged, and the answer is no. */
  rejected: 1,
  /** Wrong use or configuration: nothing was judged, and trying again will not help. */
  usage: 2,
  /** Could not decide: a file could not be read or written, or danube itself failed. */
  undecided: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const CLI_ERROR_CODES = [
  'ERR_USAGE', // a wrong flag, argument or combination of them
  'ERR_IO', // a file that could not be read or written
  'ERR_SERVICE', // a server that could not be reached, or gave no usable answer
  'ERR_EVIDENCE', // a file that should hold attestations and is malformed
  'ERR_REPOSITORY', // a TUF repository that is not to be trusted
  'ERR_CONFLICT', // a job that is attested already, otherwise
] as const;
export type CliErrorCode = (typeof CLI_ERROR_CODES)[number];

/** An error of the command line itself. */
export class CliError extends DanubeError<CliErrorCode> {}

/** The command was called in a way it does not offer; ends with exit code 2. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError('ERR_USAGE', message, hint === undefined ? {} : { hint });
}
