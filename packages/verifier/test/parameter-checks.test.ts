import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  SOURCE_REF,
  SOURCE_URI,
  STRANGER,
  check,
  evaluate,
  failures,
  predicateOf,
  signed,
  statementOf,
} from './fixture.ts';

const EXTERNAL = '/predicate/buildDefinition/externalParameters';
const ALL_NAMED = {
  sourceUri: SOURCE_URI,
  sourceRef: SOURCE_REF,
  parameters: { pipeline: 'release', trigger: 'push', version: '1.2.0', retries: 3 },
};

function withParameters(externalParameters: object): Uint8Array[] {
  return [signed(statementOf({ predicate: predicateOf({ definition: { externalParameters } }) }))];
}

describe('parameters that are expected', () => {
  for (const [name, value] of [
    ['version', '1.2.0'],
    ['retries', 3],
    ['/parameters/version', '1.2.0'],
    ['pipeline', 'release'],
    ['/pipeline', 'release'],
    ['trigger', 'push'],
    ['source', `${SOURCE_URI}@${SOURCE_REF}`],
    ['parameters', { retries: 3, version: '1.2.0' }],
  ] as const) {
    it(`pass for ${name}=${JSON.stringify(value)}`, () => {
      assert.equal(evaluate({ expect: { parameters: { [name]: value } } }).verdict, 'accepted');
    });
  }

  for (const [name, value, actual] of [
    ['version', '1.2', 'version=1.2.0'],
    ['version', 1.2, 'version=1.2.0'],
    ['retries', '3', 'retries=3'],
    ['retries', null, 'retries=3'],
    ['absent', '', 'absent is absent'],
    ['constructor', 'x', 'constructor is absent'],
    ['__proto__', 'x', '__proto__ is absent'],
    ['parameters', { version: '1.2.0' }, 'parameters={"version":"1.2.0","retries":3}'],
    ['parameters', { version: '1.2.0', retries: 3, more: 1 }, 'parameters={"version":"1.2.0","retries":3}'],
    ['parameters', { version: '1.2.1', retries: 3 }, 'parameters={"version":"1.2.0","retries":3}'],
    ['parameters', { version: '1.2.0', retried: 3 }, 'parameters={"version":"1.2.0","retries":3}'],
    ['/trigger/kind', 'push', '/trigger/kind is absent'],
  ] as const) {
    it(`fail for ${name}=${JSON.stringify(value)}`, () => {
      const input = { expect: { parameters: Object.fromEntries([[name, value]]) } };
      assert.deepEqual(failures(evaluate(input)), ['parameters']);
      assert.equal(check('parameters', input).actual, actual);
    });
  }

  it('point to the value that is wrong', () => {
    const { pointer } = check('parameters', { expect: { parameters: { version: '2' } } });
    assert.equal(pointer, `${EXTERNAL}/parameters/version`);
  });

  it('say of which type a value is that only looks the same', () => {
    const { hint } = check('parameters', { expect: { parameters: { retries: '3' } } });
    assert.equal(hint, 'Values are compared as JSON: this is 3, not "3".');
  });

  it("are not answered by a tenant's parameter of the same name as one of the build type's own", () => {
    const files = withParameters({ pipeline: 'evil', parameters: { pipeline: 'release', trigger: 'push' } });
    assert.deepEqual(failures(evaluate({ files, expect: { parameters: { pipeline: 'release' } } })), [
      'parameters',
    ]);
    assert.deepEqual(failures(evaluate({ files, expect: { parameters: { trigger: 'push' } } })), [
      'parameters',
    ]);
    assert.equal(
      evaluate({ files, expect: { parameters: { '/parameters/trigger': 'push' } } }).verdict,
      'accepted',
    );
  });

  it('compare lists and objects member by member', () => {
    const files = withParameters({ parameters: { list: [1, { a: null }], empty: {} } });
    for (const [value, verdict] of [
      [[1, { a: null }], 'accepted'],
      [[1, {}], 'rejected'],
      [[1, { a: null }, null], 'rejected'],
      [[1], 'rejected'],
      [{ 0: 1 }, 'rejected'],
    ] as const) {
      assert.equal(evaluate({ files, expect: { parameters: { list: value } } }).verdict, verdict);
    }
    assert.equal(evaluate({ files, expect: { parameters: { empty: [] } } }).verdict, 'rejected');
    assert.equal(evaluate({ files, expect: { parameters: { empty: {} } } }).verdict, 'accepted');
  });

  it('reach names with slash and tilde by their pointer', () => {
    const files = withParameters({ parameters: { 'a/b~c': 'x', '/d': 'y' } });
    const parameters = { 'a/b~c': 'x', '/parameters/a~1b~0c': 'x', '/parameters/~1d': 'y' };
    assert.equal(evaluate({ files, expect: { parameters, strict: true } }).verdict, 'accepted');
  });
});

describe('parameters that nobody named', () => {
  it('are counted past ten', () => {
    for (const [count, more] of [
      [10, ''],
      [11, ', and 1 more'],
    ] as const) {
      const names = Array.from({ length: count }, (_, index) => `p${String(index).padStart(2, '0')}`);
      const files = withParameters(Object.fromEntries(names.map((name) => [name, 'x'])));
      const listed = names.slice(0, 10).map((name) => `/${name}`);
      assert.equal(check('parameters', { files }).actual, `not named: ${listed.join(', ')}${more}`);
    }
  });

  it('warn, and the artifact is accepted', () => {
    const report = evaluate();
    assert.equal(report.verdict, 'accepted');
    const { status, actual, pointer } = check('parameters');
    assert.equal(status, 'warn');
    assert.equal(actual, 'not named: /pipeline, /source, /trigger, /parameters/version, /parameters/retries');
    assert.equal(pointer, `${EXTERNAL}/pipeline`);
  });

  it('fail when strict, and pass when each is named', () => {
    assert.deepEqual(failures(evaluate({ expect: { strict: true } })), ['parameters']);
    assert.equal(check('parameters', { expect: { ...ALL_NAMED, strict: true } }).status, 'pass');
    assert.equal(evaluate({ expect: { ...ALL_NAMED, strict: true } }).verdict, 'accepted');
  });

  for (const name of ['version', 'retries', 'pipeline', 'trigger'] as const) {
    it(`fail when strict and ${name} alone is not named`, () => {
      const parameters = Object.fromEntries(
        Object.entries(ALL_NAMED.parameters).filter(([key]) => key !== name),
      );
      const report = evaluate({ expect: { ...ALL_NAMED, parameters, strict: true } });
      assert.deepEqual(failures(report), ['parameters']);
    });
  }

  it('count the source as named only when its URI and its ref are both expected', () => {
    const { parameters } = ALL_NAMED;
    for (const source of [{ sourceUri: SOURCE_URI }, { sourceRef: SOURCE_REF }]) {
      const input = { expect: { ...source, parameters, strict: true } };
      assert.equal(check('parameters', input).actual, 'not named: /source');
    }
  });

  it('are ignored when allowed by name or pointer, alone or with all below it', () => {
    const { parameters: _, ...source } = ALL_NAMED;
    for (const allowParameters of [
      ['pipeline', 'trigger', 'version', 'retries'],
      ['/pipeline', '/trigger', '/parameters'],
      ['pipeline', 'trigger', 'parameters'],
    ]) {
      assert.equal(evaluate({ expect: { ...source, allowParameters, strict: true } }).verdict, 'accepted');
    }
  });

  it('are not allowed by the beginning of their name', () => {
    const input = { expect: { ...ALL_NAMED, parameters: {}, allowParameters: ['/pipe', '/param', '/trig'] } };
    assert.equal(
      check('parameters', input).actual,
      'not named: /pipeline, /trigger, /parameters/version, /parameters/retries',
    );
  });

  it('leave out null and empty, which are as good as absent', () => {
    const files = withParameters({ pipeline: 'x', a: null, b: {}, c: [], d: { e: null } });
    assert.equal(check('parameters', { files }).actual, 'not named: /pipeline');
  });

  it('are listed up to ten, with the number of the others', () => {
    const names = Array.from({ length: 13 }, (_, index) => [`p${index}`, 1]);
    const files = withParameters({ parameters: Object.fromEntries(names) });
    assert.match(check('parameters', { files }).actual ?? '', /p9, and 3 more$/);
  });

  it('are not looked for when the signature did not verify', () => {
    assert.equal(check('parameters', { keys: [STRANGER.publicKey] }).status, 'not-run');
  });
});
