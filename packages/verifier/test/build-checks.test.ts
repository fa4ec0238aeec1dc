import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CheckId, Expectations } from '../src/index.ts';
import {
  BUILDER_ID,
  BUILD_TYPE,
  COMMIT,
  SOURCE_REF,
  SOURCE_URI,
  check,
  evaluate,
  failures,
  predicateOf,
  signed,
  statementOf,
} from './fixture.ts';

const EXTERNAL = '/predicate/buildDefinition/externalParameters';

interface Row {
  readonly id: CheckId;
  readonly good: Partial<Expectations>;
  readonly pointer: string;
  readonly bad: readonly Partial<Expectations>[];
}

const ROWS: readonly Row[] = [
  {
    id: 'builder.id',
    good: { builderId: BUILDER_ID },
    pointer: '/predicate/runDetails/builder/id',
    bad: [`${BUILDER_ID}/`, `${BUILDER_ID}-evil`, 'https://ci.example.com', BUILDER_ID.toUpperCase()].map(
      (builderId) => ({
        builderId,
      }),
    ),
  },
  {
    id: 'build.type',
    good: { buildType: BUILD_TYPE },
    pointer: '/predicate/buildDefinition/buildType',
    bad: [{ buildType: `${BUILD_TYPE}#x` }, { buildType: 'https://danube.dev/buildtypes/pipeline' }],
  },
  {
    id: 'source.uri',
    good: { sourceUri: SOURCE_URI },
    pointer: `${EXTERNAL}/source`,
    bad: [
      `${SOURCE_URI}-evil`,
      `${SOURCE_URI}@${SOURCE_REF}`,
      'https://git.example.com/shop/app',
      `${SOURCE_URI}.git`,
    ].map((sourceUri) => ({ sourceUri })),
  },
  {
    id: 'source.ref',
    good: { sourceRef: SOURCE_REF },
    pointer: `${EXTERNAL}/source`,
    bad: [
      { sourceRef: 'main' },
      { sourceRef: 'refs/tags/main' },
      { sourceBranch: 'mai' },
      { sourceTag: 'main' },
    ],
  },
  {
    id: 'source.commit',
    good: { sourceCommit: COMMIT },
    pointer: '/predicate/buildDefinition/resolvedDependencies/0/digest/gitCommit',
    bad: [{ sourceCommit: 'b'.repeat(40) }, { sourceCommit: 'b'.repeat(64) }],
  },
];

for (const { id, good, pointer, bad } of ROWS) {
  describe(id, () => {
    it('passes for the exact value', () => {
      const found = check(id, { expect: good });
      assert.deepEqual({ status: found.status, pointer: found.pointer }, { status: 'pass', pointer });
      assert.equal(found.actual, found.expected);
      assert.equal(evaluate({ expect: good }).verdict, 'accepted');
    });

    for (const expect of bad) {
      it(`fails for ${JSON.stringify(expect)}`, () => {
        assert.deepEqual(failures(evaluate({ expect })), [id]);
        assert.equal(check(id, { expect }).pointer, pointer);
      });
    }

    it('is not run when nobody asked, and says so', () => {
      const { status, expected, actual } = check(id);
      assert.deepEqual({ status, expected }, { status: 'not-run', expected: null });
      assert.match(actual ?? '', / not constrained$/);
    });
  });
}

describe('source.ref', () => {
  it('is the branch or the tag, whole', () => {
    assert.equal(evaluate({ expect: { sourceBranch: 'main' } }).verdict, 'accepted');
    const external = { pipeline: 'release', source: `${SOURCE_URI}@refs/tags/v1` };
    const files = [
      signed(statementOf({ predicate: predicateOf({ definition: { externalParameters: external } }) })),
    ];
    assert.equal(evaluate({ files, expect: { sourceTag: 'v1', sourceUri: SOURCE_URI } }).verdict, 'accepted');
    assert.equal(evaluate({ files, expect: { sourceBranch: 'v1' } }).verdict, 'rejected');
  });
});

describe('the hint of a near miss', () => {
  for (const [expect, id, value] of [
    [{ sourceUri: 'https://git.example.com/shop/app' }, 'source.uri', SOURCE_URI],
    [{ sourceUri: `${SOURCE_URI}.git` }, 'source.uri', SOURCE_URI],
    [{ sourceUri: `${SOURCE_URI}/` }, 'source.uri', SOURCE_URI],
    [{ sourceRef: 'main' }, 'source.ref', SOURCE_REF],
    [{ builderId: `${BUILDER_ID}/` }, 'builder.id', BUILDER_ID],
  ] as const) {
    it(`gives the exact value for ${Object.values(expect).join()}`, () => {
      assert.equal(check(id, { expect }).hint?.endsWith(`expect ${value}`), true);
    });
  }

  it('is not given for another value: nobody is told to expect what an attacker wrote', () => {
    assert.equal(
      check('source.uri', { expect: { sourceUri: 'git+https://git.example.com/shop/other' } }).hint,
      null,
    );
  });
});
