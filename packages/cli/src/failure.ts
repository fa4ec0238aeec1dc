import { DanubeError } from 'in-toto-attestation';
import { EXIT, type ExitCode } from './exit-code.ts';
import { isErrno, sayError, sayHint, say } from './terminal.ts';

/** The exit code that an error which ended a command stands for. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof DanubeError)) return EXIT.undecided;
  return error.code === 'ERR_IO' ? EXIT.undecided : EXIT.usage;
}

/** Says on stderr why a command failed: one `danube: error:` line, and what to do about it where we know. */
export function sayFailure(error: unknown): void {
  if (isErrno(error, 'EPIPE')) return sayError('the reader of the output has gone; the output is incomplete');
  sayError(error instanceof Error ? error.message : String(error));
  if (error instanceof DanubeError) {
    if (error.hint !== undefined) sayHint(error.hint);
  } else if (!(error instanceof Error) || !('syscall' in error)) {
    sayHint('this should not happen; please report it with the lines below');
    say(error instanceof Error ? (error.stack ?? '') : '');
  }
}
