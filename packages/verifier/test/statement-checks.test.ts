import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PROVENANCE_V02, PROVENANCE_V1, STATEMENT_V01, STATEMENT_V1 } from 'in-toto-attestation';
import {
  BUILDER_ID,
  COMMIT,
  SOURCE_REF,
  SOURCE_URI,
  attestationOf,
  check,
  evaluate,
  failures,
  predicateOf,
  signed,
  statementOf,
  statementV02Of,
} from './fixture.ts';

const SPDX = 'https://spdx.dev/Document/v2.3';
const spdx = [signed(statementOf({ predicateType: SPDX, predicate: { spdxVersion: 'SPDX-2.3' } }))];

describe('statement.format', () => {
  it('passes for v1 and v0.1', () => {
    for (const _type of [STATEMENT_V1, STATEMENT_V01]) {
      const { status, actual } = check('statement.format', { files: [signed(statementOf({ _type }))] });
      assert.deepEqual({ status, actual }, { status: 'pass', actual: _type });
    }
  });

  for (const [what, payload, pointer] of [
    ['text', 'not JSON', ''],
    ['an array', [1], ''],
    ['another _type', statementOf({ _type: 'https://in-toto.io/Statement/v2' }), '/_type'],
    ['no subject', statementOf({ subject: [] }), '/subject'],
    ['a subject without digest', statementOf({ subject: [{ name: 'app.tgz' }] }), '/subject/0/digest'],
    ['no predicateType', statementOf({ predicateType: undefined }), '/predicateType'],
    ['a predicate that is text', statementOf({ predicate: 'text' }), '/predicate'],
  ] as const) {
    it(`fails for ${what}, however well signed`, () => {
      const files = [signed(payload)];
      const report = evaluate({ files });
      assert.equal(report.verdict, 'rejected');
      assert.deepEqual(failures(report), ['statement.format']);
      const { actual, pointer: at } = check('statement.format', { files });
      assert.match(actual ?? '', /^ERR_/);
      assert.equal(at, pointer);
      for (const id of ['subject.digest', 'predicate.type', 'predicate.format', 'parameters'] as const) {
        assert.equal(check(id, { files }).actual, 'the statement could not be read');
      }
    });
  }
});

describe('predicate.type', () => {
  it('passes for provenance v1 and v0.2', () => {
    assert.equal(check('predicate.type').actual, PROVENANCE_V1);
    assert.equal(check('predicate.type', { files: [signed(statementV02Of())] }).actual, PROVENANCE_V02);
  });

  it('passes for exactly what was asked for', () => {
    assert.equal(evaluate({ expect: { predicateType: PROVENANCE_V1 } }).verdict, 'accepted');
    assert.equal(evaluate({ files: spdx, expect: { predicateType: SPDX } }).verdict, 'accepted');
  });

  it('fails for another type', () => {
    const report = evaluate({ files: spdx });
    assert.deepEqual(failures(report), ['predicate.type']);
    assert.equal(check('predicate.type', { files: spdx }).pointer, '/predicateType');
  });

  it('fails for provenance when something else was asked for, and for one version when the other was', () => {
    for (const predicateType of [SPDX, PROVENANCE_V02]) {
      assert.deepEqual(failures(evaluate({ expect: { predicateType } })), ['predicate.type']);
    }
  });

  it('is not run when the statement is not one', () => {
    assert.equal(check('predicate.type', { files: [signed('{}')] }).status, 'not-run');
  });
});

describe('predicate.format', () => {
  it('passes for provenance', () => {
    assert.equal(check('predicate.format').status, 'pass');
  });

  it('fails for provenance without a builder, with the place, and names no builder', () => {
    const files = [signed(statementOf({ predicate: predicateOf({ run: { builder: {} } }) }))];
    const expect = { builderId: BUILDER_ID };
    const report = evaluate({ files, expect });
    assert.deepEqual(failures(report), ['predicate.format']);
    assert.equal(attestationOf(report).builderId, null);
    assert.equal(check('predicate.format', { files }).pointer, '/predicate/runDetails/builder/id');
    assert.equal(check('builder.id', { files, expect }).actual, 'the predicate could not be read');
  });

  it('is not run for another predicate that was asked for', () => {
    const { status } = check('predicate.format', { files: spdx, expect: { predicateType: SPDX } });
    assert.equal(status, 'not-run');
  });
});

describe('another predicate than provenance', () => {
  for (const [id, expectation] of [
    ['builder.id', { builderId: BUILDER_ID }],
    ['build.type', { buildType: 'https://example.com' }],
    ['source.uri', { sourceUri: SOURCE_URI }],
    ['source.ref', { sourceRef: SOURCE_REF }],
    ['source.commit', { sourceCommit: COMMIT }],
    ['parameters', { parameters: { version: '1' } }],
    ['parameters', { strict: true }],
    ['time.age', { maxAgeSeconds: 5 }],
  ] as const) {
    it(`fails ${id} when ${Object.keys(expectation).join()} is expected of it`, () => {
      const input = { files: spdx, expect: { predicateType: SPDX, ...expectation } };
      assert.deepEqual(failures(evaluate(input)), [id]);
      assert.match(
        check(id, input).actual ?? '',
        /^a https:\/\/spdx\.dev\/Document\/v2\.3 predicate has no /,
      );
    });
  }

  it('does not run what was not asked for', () => {
    const expect = { predicateType: SPDX, allowParameters: ['version'] };
    for (const id of ['builder.id', 'build.type', 'source.uri', 'parameters', 'time.age'] as const) {
      assert.equal(check(id, { files: spdx, expect }).status, 'not-run');
    }
  });
});
