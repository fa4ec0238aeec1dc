import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LIMITS, STATEMENT_V01, type Statement, encodeStatement, parseStatement } from '../src/index.ts';
import { SHA256, assertMalformed, bytes, json, replace, statement } from './documents.ts';

function parse(changes: Readonly<Record<string, unknown>>): Statement {
  return parseStatement(bytes({ ...statement, ...changes }));
}

const subject = { name: 'a', digest: { sha256: SHA256 } };

describe('parseStatement', () => {
  it('reads v1 and v0.1', () => {
    assert.deepEqual(parse({}), statement);
    assert.equal(parse({ _type: STATEMENT_V01 })._type, STATEMENT_V01);
  });

  it('keeps unknown fields apart', () => {
    const read = parse({ extra: 1, subject: [{ ...subject, more: 2 }] });
    assert.deepEqual(read.unknownFields, { extra: 1 });
    assert.deepEqual(read.subject[0]?.unknownFields, { more: 2 });
  });

  it('CVE-2026-39395: rejects a payload that is no JSON object and a wrong _type', () => {
    assertMalformed(() => parseStatement(bytes('not json')), 'ERR_JSON_SYNTAX', '');
    for (const value of ['[]', '"x"', 'null', '1'])
      assertMalformed(() => parseStatement(bytes(value)), 'ERR_TYPE', '');
    const wrong = [
      'https://in-toto.io/Statement/v2',
      `${STATEMENT_V01}/`,
      'https://in-toto.io/Statement/V1',
      '',
      1,
    ];
    for (const type of wrong) assertMalformed(() => parse({ _type: type }), 'ERR_VALUE', '/_type');
    assertMalformed(() => parse({ _type: null }), 'ERR_MISSING', '/_type');
  });

  it('rejects no subject', () => {
    assertMalformed(() => parse({ subject: [] }), 'ERR_VALUE', '/subject');
    assertMalformed(() => parse({ subject: undefined }), 'ERR_MISSING', '/subject');
    assertMalformed(() => parse({ subject: {} }), 'ERR_TYPE', '/subject');
  });

  it('rejects a subject that is null, a number or an array', () => {
    for (const entry of [null, 1, [], 'x']) {
      assertMalformed(() => parse({ subject: [subject, entry] }), 'ERR_TYPE', '/subject/1');
    }
  });

  it('rejects a subject whose digest is absent, null or empty', () => {
    assertMalformed(() => parse({ subject: [{ name: 'a' }] }), 'ERR_MISSING', '/subject/0/digest');
    assertMalformed(
      () => parse({ subject: [{ name: 'a', digest: null }] }),
      'ERR_MISSING',
      '/subject/0/digest',
    );
    assertMalformed(() => parse({ subject: [subject, { digest: {} }] }), 'ERR_VALUE', '/subject/1/digest');
  });

  it('rejects a predicate that is no object, or absent', () => {
    for (const predicate of [[], 'x', 1, true])
      assertMalformed(() => parse({ predicate }), 'ERR_TYPE', '/predicate');
    assertMalformed(() => parse({ predicate: null }), 'ERR_MISSING', '/predicate');
    assert.deepEqual(parse({ predicate: {} }).predicate, {});
  });

  it('takes the predicateType as it stands, and rejects an empty one', () => {
    assert.equal(parse({ predicateType: 'thePredicate' }).predicateType, 'thePredicate');
    assertMalformed(() => parse({ predicateType: '' }), 'ERR_VALUE', '/predicateType');
    assertMalformed(() => parse({ predicateType: ' https://x' }), 'ERR_VALUE', '/predicateType');
    assertMalformed(() => parse({ predicateType: ['https://x'] }), 'ERR_TYPE', '/predicateType');
  });

  it('CVE-2024-45395: rejects one subject more than the limit', () => {
    const many = Array.from({ length: LIMITS.subjects }, () => subject);
    assert.equal(parse({ subject: many }).subject.length, LIMITS.subjects);
    assertMalformed(() => parse({ subject: [...many, subject] }), 'ERR_LIMIT', '/subject');
  });

  it('is not misled by __proto__', () => {
    const text = `{"__proto__":${JSON.stringify(statement)}}`;
    assertMalformed(() => parseStatement(bytes(text)), 'ERR_MISSING', '/_type');
    const inSubject = `[{"__proto__":{"digest":{"sha256":"${SHA256}"}}}]`;
    const whole = JSON.stringify({ ...statement, subject: 0 }).replace(
      '"subject":0',
      `"subject":${inSubject}`,
    );
    assertMalformed(() => parseStatement(bytes(whole)), 'ERR_MISSING', '/subject/0/digest');
  });
});

describe('encodeStatement', () => {
  it('writes what it read', () => {
    assert.deepEqual(json(encodeStatement(parse({}))), statement);
  });

  it('writes v1 alone, and no unknown field outside of the predicate', () => {
    const extended = parse({
      _type: STATEMENT_V01,
      extra: 1,
      subject: [{ ...subject, more: 2 }],
      predicate: { vendor_field: 1 },
    });
    assert.deepEqual(
      json(encodeStatement(extended)),
      replace(replace(statement, 'subject', [subject]), 'predicate', { vendor_field: 1 }),
    );
  });

  it('refuses what parseStatement would refuse', () => {
    const valid = parse({});
    assertMalformed(() => encodeStatement({ ...valid, subject: [] }), 'ERR_VALUE', '/subject');
    assertMalformed(
      () => encodeStatement({ ...valid, predicateType: 'noScheme' }),
      'ERR_VALUE',
      '/predicateType',
    );
    const shouting = { digest: { sha256: SHA256.toUpperCase() } };
    assertMalformed(
      () => encodeStatement({ ...valid, subject: [shouting] }),
      'ERR_HEX',
      '/subject/0/digest/sha256',
    );
    assert.throws(() => encodeStatement({ ...valid, predicate: { n: 2 ** 60 } }), TypeError);
  });
});
