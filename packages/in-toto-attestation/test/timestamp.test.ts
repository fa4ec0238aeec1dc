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

describe('readTimestamp', () => {
  it('keeps the text and says where it is wrong', () => {
    assert.equal(readTimestamp('2025-01-01T12:00:00.25Z', ''), '2025-01-01T12:00:00.25Z');
    assertMalformed(() => readTimestamp('yesterday', '/t'), 'ERR_VALUE', '/t');
    assertMalformed(() => readTimestamp(1, '/t'), 'ERR_TYPE', '/t');
    assertMalformed(() => readOffsetTimestamp('yesterday', '/t'), 'ERR_VALUE', '/t');
  });
});
