import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MalformedError } from 'in-toto-attestation';
import { fail, malformed } from '../src/finding.ts';
import { bytesOf, check, envelopeJsonOf } from './fixture.ts';

describe('a finding', () => {
  it('holds null for what nobody said', () => {
    assert.deepEqual(fail({}), { status: 'fail', expected: null, actual: null, pointer: null, hint: null });
  });

  it('quotes no more than 2000 characters of evidence, and never half of a pair', () => {
    const { actual } = fail({ actual: `${'a'.repeat(1999)}🚀${'b'.repeat(50)}` });
    assert.equal(actual, `${'a'.repeat(1999)}\ufffd… (51 more characters)`);
    const payloadType = 'x'.repeat(1_000_000);
    const found = check('envelope.format', { files: [bytesOf({ ...envelopeJsonOf(), payloadType })] });
    assert.ok((found.actual ?? '').length < 2100);
  });

  it('points to the object around a place whose pointer is too long', () => {
    const pointer = `/predicate/${'x'.repeat(5000)}`;
    assert.equal(malformed('x', new MalformedError('ERR_TYPE', pointer, 'wrong')).pointer, '/predicate');
    assert.equal(fail({ pointer: `/${'x'.repeat(5000)}` }).pointer, '');
  });
});

describe('what a finding quotes', () => {
  it('is whole up to 2000 characters, text and pointer alike', () => {
    for (const length of [1999, 2000]) {
      const text = 'x'.repeat(length);
      assert.equal(fail({ actual: text }).actual, text);
      const pointer = `/a/${'x'.repeat(length - 3)}`;
      assert.equal(fail({ pointer }).pointer, pointer);
    }
    assert.equal(fail({ actual: 'x'.repeat(2001) }).actual, `${'x'.repeat(2000)}… (1 more characters)`);
    assert.equal(fail({ pointer: `/a/${'x'.repeat(1998)}` }).pointer, '/a');
  });
});
