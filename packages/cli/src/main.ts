import { exitCodeOf, sayFailure } from './failure.ts';
import { EXIT } from './exit-code.ts';
import { runProgram } from './program.ts';

// The handlers stand before anything else runs, and the process ends with "could not decide" unless a command says
// otherwise: neither a lost promise nor an exception in a callback can look like success.
process.exitCode = EXIT.undecided;
process.on('uncaughtException', end);
process.on('unhandledRejection', end);
endOnSignal('SIGINT', 130);
endOnSignal('SIGTERM', 143);
endOnSignal('SIGHUP', 129);

runProgram(process.argv.slice(2)).then((code) => process.exit(code), end);

function end(error: unknown): never {
  sayFailure(error);
  process.exit(exitCodeOf(error));
}

/** Files are written in one synchronous piece, so a handler runs before or after one, never in the middle. */
function endOnSignal(signal: NodeJS.Signals, code: number): void {
  process.on(signal, () => process.exit(code));
}
