import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Counter, Gauge, Histogram, renderMetrics } from '../src/metrics.ts';

describe('metrics', () => {
  it('count each combination of labels by itself, in the order in which it came first', () => {
    const counter = new Counter('asked_total', 'Questions.');
    for (const [phase, outcome] of [
      ['mutate', 'a'],
      ['validate', 'a'],
      ['mutate', 'b'],
      ['mutate', 'a'],
    ] as const) {
      counter.add({ phase, outcome });
    }
    counter.add({ phase: 'validate', outcome: 'a' }, 5);
    assert.deepEqual(counter.lines(), [
      'asked_total{phase="mutate",outcome="a"} 2',
      'asked_total{phase="validate",outcome="a"} 6',
      'asked_total{phase="mutate",outcome="b"} 1',
    ]);
  });

  it('are never mixed up by what the values of two labels are when they are read together', () => {
    const counter = new Counter('asked_total', 'Questions.');
    counter.add({ one: 'x', two: 'yz' });
    counter.add({ one: 'xy', two: 'z' });
    counter.add({ one: '', two: 'xyz' });
    assert.equal(counter.lines().length, 3);
  });

  it('sort durations into buckets that hold all shorter ones', () => {
    const histogram = new Histogram('seconds', 'Durations.');
    for (const seconds of [0.0005, 0.001, 0.02, 60]) histogram.observe(seconds, { phase: 'validate' });
    const lines = histogram.lines();
    const at = (le: string): string | undefined =>
      lines.find((line) => line.startsWith(`seconds_bucket{phase="validate",le="${le}"}`))?.split(' ')[1];
    assert.deepEqual(['0.001', '0.01', '0.025', '30', '+Inf'].map(at), ['2', '2', '3', '3', '4']);
    assert.ok(lines.includes('seconds_count{phase="validate"} 4'));
    assert.ok(lines.includes('seconds_sum{phase="validate"} 60.0215'));
  });

  it('are written with what they are about, and without what nobody knows now', () => {
    const known = new Gauge('size', 'How many.', () => 3);
    const unknown = new Gauge('expires', 'When.', () => undefined);
    const counter = new Counter('odd_total', 'Odd values.');
    counter.add({ value: 'a"b\\c\nd' });
    assert.equal(
      renderMetrics([known, unknown, counter]),
      [
        '# HELP size How many.',
        '# TYPE size gauge',
        'size 3',
        '',
        '# HELP expires When.',
        '# TYPE expires gauge',
        '',
        '# HELP odd_total Odd values.',
        '# TYPE odd_total counter',
        String.raw`odd_total{value="a\"b\\c\nd"} 1`,
        '',
      ].join('\n'),
    );
  });
});
