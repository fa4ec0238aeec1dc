import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { instrument } from '../../mutation/mutants.ts';
import { Switches } from '../../mutation/switches.ts';

/** What an expression of `a`, `b` and `list` gives, unchanged and with each of its changes. */
function tries(expression: string, values: Readonly<Record<string, unknown>>): unknown[] {
  const { code, mutants } = instrument(expression, 10);
  const switches = new Switches();
  const run = (active: number | undefined): unknown => {
    switches.active = active;
    // oxlint-disable-next-line no-new-func, no-implied-eval -- what is instrumented is code
    return new Function('danubeMutation', ...Object.keys(values), `return (${code});`)(
      switches,
      ...Object.values(values),
    );
  };
  return [undefined, ...mutants.keys()].map((index) => run(index === undefined ? undefined : index + 10));
}

describe('a changed comparison', () => {
  for (const [expression, values, expected] of [
    ['a === b', { a: 1, b: 1 }, [true, false]],
    ['a !== b', { a: 1, b: 1 }, [false, true]],
    ['a < b', { a: 1, b: 1 }, [false, true, true]],
    ['a <= b', { a: 1, b: 1 }, [true, false, false]],
    ['a > b', { a: 1, b: 1 }, [false, true, true]],
    ['a >= b', { a: 1, b: 1 }, [true, false, false]],
    ['a && b', { a: 0, b: 2 }, [0, 2]],
    ['a || b', { a: 1, b: 2 }, [1, 2]],
    ['!a', { a: 0 }, [true, 0]],
    ['true', {}, [true, false]],
    ['a.some((x) => x)', { a: [0, 1] }, [true, false]],
    ['a?.every((x) => x)', { a: [0, 1] }, [false, true]],
    ['a /* < */ < (b)', { a: 1, b: 2 }, [true, true, false]],
    ['(a as number) < b! ? 1 : 2', { a: 1, b: 2 }, [1, 1, 2]],
  ] as const) {
    it(`is another one: ${expression}`, () => {
      assert.deepEqual(tries(expression, values), expected);
    });
  }

  it('may stand in another', () => {
    const changed = tries('a && !b || a < 1 && b === 2', { a: 1, b: 2 });
    assert.deepEqual(changed, [false, 2, 1, true, true, false, true, false]);
  });

  it('is told as it would stand in the source', () => {
    const { mutants } = instrument('const x: boolean =\n  a <\n  b;', 0);
    assert.deepEqual(mutants, [
      { line: 2, what: 'a < b  ->  a <= b' },
      { line: 2, what: 'a < b  ->  a >= b' },
    ]);
  });

  it('leaves every line where it is', () => {
    const source = 'const f = (a, b) =>\n  a.length === 0 &&\n  !b;\n';
    assert.equal(instrument(source, 0).code.split('\n').length, source.split('\n').length);
  });
});
