import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countFindings, exceeded } from '../../src/documents/policy/severities.ts';

/** The severity of a vulnerability that has these scores. */
function severity(...scores: readonly string[]): string | undefined {
  const [[name] = []] = countFindings([
    { id: 'a', severity: scores.map((score) => ({ method: 'm', score })) },
  ] as Parameters<typeof countFindings>[0]);
  return name;
}

describe('countFindings', () => {
  it('reads CVSS base scores at their boundaries', () => {
    const boundaries: readonly (readonly [string, string | undefined])[] = [
      ['10', 'critical'],
      ['10.0', 'critical'],
      ['10.1', 'unknown'],
      ['11', 'unknown'],
      ['9.0', 'critical'],
      ['8.9', 'high'],
      ['7', 'high'],
      ['6.9', 'medium'],
      ['4', 'medium'],
      ['3.9', 'low'],
      ['0.1', 'low'],
      ['0', undefined],
      ['0.0', undefined],
      ['-1', 'unknown'],
      ['9e0', 'unknown'],
    ];
    for (const [score, expected] of boundaries) assert.equal(severity(score), expected, score);
  });

  it('reads words, and takes what it cannot read for unknown', () => {
    assert.deepEqual(
      ['CRITICAL', 'Important', 'moderate', 'negligible', 'none', 'huge', 'constructor', ''].map((word) =>
        severity(word),
      ),
      ['critical', 'high', 'medium', 'low', undefined, 'unknown', 'unknown', 'unknown'],
    );
  });

  it('takes the worst of several scores, and one that is unknown only alone', () => {
    assert.equal(severity('low', '9.8'), 'critical');
    assert.equal(severity('huge', 'low'), 'low');
    assert.equal(severity('huge', 'none'), 'unknown');
    assert.equal(severity('none', '0'), undefined);
    assert.equal(severity(), 'unknown');
  });

  it('counts each', () => {
    const finding = (score: string): object => ({ id: 'a', severity: [{ method: 'm', score }] });
    const counts = countFindings(
      ['9', '9', '1', 'none'].map(finding) as unknown as Parameters<typeof countFindings>[0],
    );
    assert.deepEqual(
      [...counts],
      [
        ['critical', 2],
        ['low', 1],
      ],
    );
  });
});

describe('exceeded', () => {
  it('allows as many as the ceiling says, and none where it says nothing', () => {
    const counts = new Map([
      ['high', 2],
      ['low', 7],
    ] as const);
    assert.equal(exceeded(counts, { high: 2, low: 'any' }), undefined);
    assert.equal(exceeded(counts, { high: 1, low: 'any' }), '2 high, at most 1 may be there');
    assert.equal(exceeded(counts, { high: 2 }), '7 low, at most 0 may be there');
    assert.equal(exceeded(new Map(), {}), undefined);
  });
});
