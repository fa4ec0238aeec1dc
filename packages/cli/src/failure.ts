import type { ArtifactErrorCode } from '@danube/artifact';
import type { KeyErrorCode } from '@danube/keys';
import type { SignErrorCode } from '@danube/signer';
import type { StoreErrorCode } from '@danube/store';
import type { WebhookErrorCode } from '@danube/webhook';
import { DanubeError } from 'in-toto-attestation';
import { EXIT, type CliErrorCode, type ExitCode } from './exit-code.ts';
import { isErrno, say, sayError, sayHint } from './terminal.ts';

type FailureCode =
  ArtifactErrorCode | CliErrorCode | KeyErrorCode | SignErrorCode | StoreErrorCode | WebhookErrorCode;

/** What the machine did not let us do, and what was not there: the same call may succeed another time. */
const UNDECIDED: readonly FailureCode[] = [
  'ERR_IO',
  'ERR_SERVICE',
  'ERR_ARTIFACT_CHANGED',
  'ERR_ARTIFACT_IO',
  'ERR_ARTIFACT_NOT_FOUND',
  'ERR_KEY_FILE_READ',
  'ERR_KEY_FILE_WRITE',
  'ERR_SIGN_BACKEND',
  'ERR_SIGN_UNAVAILABLE',
  'ERR_SIGN_SELF_CHECK',
  'ERR_STORE_IO',
  'ERR_STORE_NOT_FOUND',
  'ERR_WEBHOOK_IO',
  'ERR_WEBHOOK_KUBERNETES',
  'ERR_STORE_UNAVAILABLE',
  'ERR_STORE_DENIED',
  'ERR_STORE_DIGEST',
  'ERR_STORE_PROTOCOL',
];

const REJECTED: readonly FailureCode[] = ['ERR_EVIDENCE', 'ERR_REPOSITORY'];

/** The exit code that an error which ended a command stands for; never 0. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof DanubeError) || has(UNDECIDED, error.code)) return EXIT.undecided;
  return has(REJECTED, error.code) ? EXIT.rejected : EXIT.usage;
}

function has(codes: readonly string[], code: string): boolean {
  return codes.includes(code);
}

/**
 * Says on stderr why a command failed: one `danube: error:` line, and what to do about it where we know.
 *
 * @param path the file that it is about, for messages that do not name it.
 */
export function sayFailure(error: unknown, path: string = ''): void {
  if (isErrno(error, 'EPIPE')) return sayError('the reader of the output has gone; the output is incomplete');
  const message = error instanceof Error ? error.message : String(error);
  sayError(message.includes(path) ? message : `${path}: ${message}`);
  if (error instanceof DanubeError) {
    if (error.hint !== undefined) sayHint(error.hint);
  } else if (!(error instanceof Error) || !('syscall' in error)) {
    sayHint('this should not happen; please report it with the lines below');
    say(error instanceof Error ? (error.stack ?? '') : '');
  }
}
