import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';

import { matchOffsetTimestamp, matchTimestamp, readOffsetTimestamp, readTimestamp } from '../src/index.ts';
import { assertMalformed } from './documents.ts';

describe('matchTimestamp', () => {
  it('takes every time that Date writes', () => {
    const noInvalidDate = { noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') };
    fc.assert(fc.property(fc.date(noInvalidDate), (date) => assert.ok(matchTimestamp(date.toISOString()))));
  });

  it('takes only days that exist', () => {
    for (const day of ['2024-02-29', '2000-02-29', '2025-12-31'])
      assert.ok(matchTimestamp(`${day}T00:00:00Z`));
    for (const day of ['2023-02-29', '1900-02-29', '2025-13-01', '2025-00-10', '2025-04-31', '2025-01-00']) {
      assert.equal(matchTimestamp(`${day}T00:00:00Z`), false, day);
    }
  });

  it('takes no time of which Date.parse would say NaN, a leap second too', () => {
    for (const time of ['24:00:00', '12:60:00', '23:59:60', '12:00', '12:00:00.', '12:00:00,5']) {
      assert.equal(matchTimestamp(`2025-01-01T${time}Z`), false, time);
    }
  });

  it('takes Z alone, where an offset is not meant', () => {
    const offset = '2025-01-01T12:00:00+02:00';
    assert.equal(matchTimestamp(offset), false);
    assert.ok(matchOffsetTimestamp(offset));
    assert.equal(matchOffsetTimestamp('2025-01-01T12:00:00+25:00'), false);
    for (const text of [
      '2025-01-01T12:00:00',
      '2025-01-01T12:00:00z',
      '2025-01-01 12:00:00Z',
      '20250101T120000Z',
      '',
    ]) {
      assert.equal(matchTimestamp(text), false, text);
      assert.equal(matchOffsetTimestamp(text), false, text);
    }
    assert.equal(matchTimestamp('2025-01-01T12:00:00Z\n'), false);
  });
});

describe('every timestamp that is taken', () => {
  it('is a number to Date.parse, and the same time when written again', () => {
    const two = fc.integer({ min: 0, max: 62 }).map((number) => String(number).padStart(2, '0'));
    const year = fc.integer({ min: 0, max: 9999 }).map((number) => String(number).padStart(4, '0'));
    const time = fc
      .tuple(
        year,
        two,
        two,
        two,
        two,
        two,
        fc.constantFrom('', '.5', '.123456789'),
        fc.constantFrom('Z', '+05:30', '-23:59'),
      )
      .map(([y, mo, d, h, mi, s, fraction, zone]) => `${y}-${mo}-${d}T${h}:${mi}:${s}${fraction}${zone}`);
    let taken = 0;
    fc.assert(
      fc.property(time, (text) => {
        const parsed = Date.parse(text);
        if (matchOffsetTimestamp(text)) taken += 1;
        if (matchOffsetTimestamp(text)) assert.ok(!Number.isNaN(parsed), text);
        if (matchTimestamp(text))
          assert.equal(new Date(parsed).toISOString().slice(0, 19), text.slice(0, 19));
      }),
      { numRuns: 20_000 },
    );
    assert.ok(taken > 100);
  });
});

describe('readTimestamp', () => {
  it('keeps the text and says where it is wrong', () => {
    assert.equal(readTimestamp('2025-01-01T12:00:00.25Z', ''), '2025-01-01T12:00:00.25Z');
    assertMalformed(() => readTimestamp('yesterday', '/t'), 'ERR_VALUE', '/t');
    assertMalformed(() => readTimestamp(1, '/t'), 'ERR_TYPE', '/t');
    assertMalformed(() => readOffsetTimestamp('yesterday', '/t'), 'ERR_VALUE', '/t');
  });
});
