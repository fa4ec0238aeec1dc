import { exitCodeOf, sayFailure } from './failure.ts';
import { EXIT } from './exit-code.ts';

/**
 * Runs the command of this process. The handlers stand before anything else runs, and the process ends with "could
 * not decide" unless a command says otherwise: neither a lost promise nor an exception in a callback can look like
 * success.
 */
export function start(run: () => Promise<number>): void {
  process.exitCode = EXIT.undecided;
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
  process.on('beforeExit', () => end(new Error('stopped before it was done')));
  run().then((code) => process.exit(code), end);
}

function end(error: unknown): never {
  sayFailure(error);
  process.exit(exitCodeOf(error));
}
