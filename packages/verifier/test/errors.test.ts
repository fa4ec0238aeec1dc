import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DanubeError } from 'in-toto-attestation';
import { type Report, TOOL, VERIFICATION_ERROR_CODES, VerificationError } from '../src/index.ts';
import { LIB, check, evaluate, predicateOf, signed, statementOf } from './fixture.ts';

describe('VerificationError', () => {
  it('is a DanubeError with its code, the report, and the first failure as message and hint', () => {
    const report = evaluate({ expect: { sourceUri: 'https://git.example.com/shop/app' } });
    const error = new VerificationError(report);
    assert.ok(error instanceof DanubeError);
    assert.equal(error.name, 'VerificationError');
    assert.deepEqual(VERIFICATION_ERROR_CODES, [error.code]);
    assert.equal(error.report, report);
    assert.equal(error.message, 'app.tgz is rejected: source.uri: git+https://git.example.com/shop/app');
    assert.match(error.hint ?? '', /expect git\+https:/);
  });

  it('is about an artifact that was rejected, not the first one', () => {
    const report = evaluate({ artifacts: [LIB], files: [signed()] });
    const accepted = evaluate().artifacts;
    const both: Report = { ...report, artifacts: [...accepted, ...report.artifacts] };
    assert.match(new VerificationError(both).message, /^lib\.tgz is rejected/);
  });

  it('prints evidence without control characters', () => {
    const source = 'git+https://example.com/\u001b[31m\u202e';
    const predicate = predicateOf({ definition: { externalParameters: { source } } });
    const input = {
      files: [signed(statementOf({ predicate }))],
      expect: { sourceUri: 'git+https://example.com/app' },
    };
    const { message } = new VerificationError(evaluate(input));
    assert.ok(message.endsWith('source.uri: git+https://example.com/\\u{1b}[31m\\u{202e}'), message);
    assert.equal(check('source.uri', input).actual, source);
  });

  it('has something to say of a report without a failure', () => {
    const empty: Report = { verdict: 'rejected', artifacts: [], unjudged: [], tool: TOOL };
    const { message, hint } = new VerificationError(empty);
    assert.deepEqual(
      { message, hint },
      { message: 'provenance is rejected: nothing was verified', hint: undefined },
    );
  });
});
