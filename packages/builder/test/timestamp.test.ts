import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchTimestamp } from 'in-toto-attestation';
import { isLater, timestampSchema, toUtc } from '../src/timestamp.ts';

describe('timestampSchema', () => {
  const refused: readonly (readonly [string, string])[] = [
    ['a time without offset', '2026-01-10T12:34:56'],
    ['a time with a blank for the T', '2026-01-10 12:34:56Z'],
    ['lower case', '2026-01-10t12:34:56z'],
    ['a date alone', '2026-01-10'],
    ['seconds that are left out', '2026-01-10T12:34Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['hour 24', '2026-01-10T24:00:00Z'],
    ['30 February', '2026-02-30T00:00:00Z'],
    ['29 February of a year without one', '2026-02-29T00:00:00Z'],
    ['30 February in another zone', '2026-02-30T00:00:00+01:00'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['an offset without colon', '2026-01-10T12:34:56+0100'],
    ['an offset that no zone has', '2026-01-10T12:34:56+24:00'],
    ['more than nanoseconds', '2026-01-10T12:34:56.0123456789Z'],
    ['a point without digits', '2026-01-10T12:34:56.Z'],
    ['a comma for the point', '2026-01-10T12:34:56,5Z'],
    ['a line feed behind it', '2026-01-10T12:34:56Z\n'],
    ['digits of another script', '２026-01-10T12:34:56Z'],
    ['a year before computers', '1969-12-31T23:59:59Z'],
    ['a year of five digits', '10000-01-01T00:00:00Z'],
    ['a moment in year 10000 by its offset', '9999-12-31T23:59:59-01:00'],
    ['nothing', ''],
  ];
  for (const [what, text] of refused) {
    it(`rejects ${what}`, () => {
      assert.equal(timestampSchema.safeParse(text).success, false);
    });
  }

  it('accepts what Python writes', () => {
    for (const text of [
      '2026-01-10T12:34:56+00:00',
      '2026-01-10T12:34:56.123456+00:00',
      '2024-02-29T00:00:00Z',
    ]) {
      assert.equal(timestampSchema.safeParse(text).success, true, text);
    }
  });
});

describe('toUtc', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['2026-01-10T12:34:56Z', '2026-01-10T12:34:56Z'],
    ['2026-01-10T12:34:56+00:00', '2026-01-10T12:34:56Z'],
    ['2026-01-10T12:34:56-00:00', '2026-01-10T12:34:56Z'],
    ['2026-01-10T00:30:00+05:45', '2026-01-09T18:45:00Z'],
    ['2026-12-31T23:00:00-02:30', '2027-01-01T01:30:00Z'],
    ['2026-01-10T12:34:56.123456789+01:00', '2026-01-10T11:34:56.123456789Z'],
    ['2026-01-10T12:34:56.500Z', '2026-01-10T12:34:56.5Z'],
    ['2026-01-10T12:34:56.000000+00:00', '2026-01-10T12:34:56Z'],
  ];
  for (const [text, utc] of cases) {
    it(`writes ${text} as ${utc}`, () => {
      assert.equal(toUtc(text), utc);
      assert.ok(matchTimestamp(utc));
    });
  }

  it('throws a TypeError for what the schema refuses', () => {
    assert.throws(() => toUtc('yesterday'), TypeError);
  });
});

describe('isLater', () => {
  it('compares moments to the nanosecond', () => {
    assert.equal(isLater('2026-01-10T12:00:00.000000002Z', '2026-01-10T12:00:00.000000001Z'), true);
    assert.equal(isLater('2026-01-10T12:00:00.1Z', '2026-01-10T12:00:00.10Z'), false);
    assert.equal(isLater('2026-01-10T12:00:00.1Z', '2026-01-10T12:00:00.099Z'), true);
    assert.equal(isLater('2026-01-10T12:00:00Z', '2026-01-10T12:00:00.1Z'), false);
    assert.equal(isLater('2026-01-10T12:00:00Z', '2026-01-10T13:00:00+01:00'), false);
    assert.equal(isLater('2026-01-10T12:00:00Z', '2026-01-10T12:59:59+01:00'), true);
  });
});
