import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WEBHOOK_ERROR_CODES, WebhookError, type WebhookErrorCode } from '@danube/webhook';
import { CLI_ERROR_CODES, CliError, EXIT, type CliErrorCode, type ExitCode } from '../src/exit-code.ts';
import { exitCodeOf } from '../src/failure.ts';

const EXPECTED: Readonly<Record<CliErrorCode, ExitCode>> = {
  ERR_USAGE: EXIT.usage,
  ERR_IO: EXIT.undecided,
  ERR_SERVICE: EXIT.undecided,
  ERR_EVIDENCE: EXIT.rejected,
  ERR_REPOSITORY: EXIT.rejected,
  ERR_CONFLICT: EXIT.usage,
};

const OF_THE_WEBHOOK: Readonly<Record<WebhookErrorCode, ExitCode>> = {
  ERR_WEBHOOK_CONFIG: EXIT.usage,
  ERR_WEBHOOK_IO: EXIT.undecided,
  ERR_WEBHOOK_REVIEW: EXIT.usage,
  // An API server that is away comes back.
  ERR_WEBHOOK_KUBERNETES: EXIT.undecided,
};

describe('an error that ends a command', () => {
  for (const code of CLI_ERROR_CODES) {
    it(`makes the exit code ${EXPECTED[code]}: ${code}`, () => {
      assert.equal(exitCodeOf(new CliError(code, 'no')), EXPECTED[code]);
    });
  }

  for (const code of WEBHOOK_ERROR_CODES) {
    it(`makes the exit code ${OF_THE_WEBHOOK[code]}: ${code}`, () => {
      assert.equal(exitCodeOf(new WebhookError(code, 'no')), OF_THE_WEBHOOK[code]);
    });
  }

  it('that is none of ours leaves it undecided, and nothing makes it 0', () => {
    for (const error of [new Error('no'), new TypeError('no'), 'no', undefined, null, 0])
      assert.equal(exitCodeOf(error), EXIT.undecided);
  });
});
