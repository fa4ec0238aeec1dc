import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { isJsonArray, isJsonObject, joinPointer, type JsonObject, type JsonValue } from 'in-toto-attestation';
import {
  buildProvenance,
  indexVouching,
  markPredicate,
  parseVouching,
  VOUCHING_FIELD,
  type Voucher,
  type Vouching,
} from '@danube/builder';
import { example, refusal, type Draft } from './example.ts';

const OUTPUTS = {
  artifacts: [{ name: 'app', digest: { sha256: '1'.repeat(64) } }],
  logs: new Map(['install', 'build'].map((name) => [name, { sha256: '2'.repeat(64) }])),
  egressPolicy: { sha256: '3'.repeat(64) },
};

/** What the provenance of the full example says, when its record says this. */
function marked(
  vouching: Vouching,
  change: (record: Draft) => void = () => {},
): (pointer: string) => Voucher {
  const record = example('full', (draft) => {
    change(draft);
    draft.vouching = vouching;
  });
  const found = parseVouching(buildProvenance(record, OUTPUTS).predicate);
  assert.ok(found !== undefined);
  const index = indexVouching(found);
  return (pointer) => index.voucherOf(pointer);
}

/** Pointers to every value of a document in which no other lies. */
function leaves(value: JsonValue, pointer: string = ''): string[] {
  const members = isJsonArray(value) ? value.map((item, at) => [String(at), item] as const) : [];
  if (isJsonObject(value)) members.push(...Object.entries(value));
  if (members.length === 0) return [pointer];
  return members.flatMap(([key, member]) => leaves(member, joinPointer(pointer, key)));
}

describe('the voucher of a fact', () => {
  const index = indexVouching({ controlPlane: ['', '/a/b/c'], tenant: ['/a/b', '/steps/0/command'] });

  it('is the one of the longest pointer that leads to it', () => {
    assert.equal(index.voucherOf('/x/y'), 'controlPlane');
    assert.equal(index.voucherOf('/a/b'), 'tenant');
    assert.equal(index.voucherOf('/a/b/d'), 'tenant');
    assert.equal(index.voucherOf('/a/b/c/d'), 'controlPlane');
    assert.equal(index.voucherOf('/a/bc'), 'controlPlane');
  });

  it('is the tenant where a part of it is the tenant’s', () => {
    for (const pointer of ['', '/a', '/steps', '/steps/0']) assert.equal(index.voucherOf(pointer), 'tenant');
    assert.equal(index.voucherOf('/steps/1'), 'controlPlane');
  });

  it('is the tenant where nobody says anything', () => {
    assert.equal(indexVouching({}).voucherOf('/a'), 'tenant');
    assert.equal(indexVouching({ controlPlane: ['/a'] }).voucherOf('/b'), 'tenant');
    assert.equal(indexVouching({ controlPlane: ['/a'] }).voucherOf(''), 'tenant');
  });
});

describe('the provenance of a record that says who vouches', () => {
  it('says it of each of its values', () => {
    const by = marked({ controlPlane: [''], tenant: ['/parameters/minify', '/steps/1/command', '/inputs'] });
    assert.equal(by('/buildDefinition/externalParameters/parameters/minify'), 'tenant');
    assert.equal(by('/buildDefinition/externalParameters/parameters/environment'), 'controlPlane');
    assert.equal(by('/runDetails/byproducts/1/annotations/command'), 'tenant');
    assert.equal(by('/runDetails/byproducts/0/annotations/command'), 'controlPlane');
    assert.equal(by('/runDetails/byproducts/1/annotations/exitCode'), 'controlPlane');
    assert.equal(by('/buildDefinition/resolvedDependencies/2'), 'tenant');
    assert.equal(by('/buildDefinition/resolvedDependencies/3'), 'controlPlane');
    assert.equal(by('/buildDefinition/internalParameters/isolation'), 'controlPlane');
  });

  it('leaves a value to the tenant that is made of several facts, one of them the tenant’s', () => {
    const by = marked({ controlPlane: [''], tenant: ['/source/ref'] });
    assert.equal(by('/buildDefinition/externalParameters/source'), 'tenant');
    assert.equal(by('/buildDefinition/resolvedDependencies/0/uri'), 'tenant');
    assert.equal(by('/buildDefinition/resolvedDependencies/0/digest/gitCommit'), 'controlPlane');
  });

  it('takes the word of the control plane for what both know', () => {
    const pointer = '/buildDefinition/resolvedDependencies/3';
    assert.equal(marked({ controlPlane: [''], tenant: ['/steps/0'] })(pointer), 'controlPlane');
    assert.equal(
      marked({ controlPlane: [''], tenant: ['/steps/0', '/steps/1/image/tag'] })(pointer),
      'tenant',
    );
  });

  it('leaves everything to the tenant that the record does not speak of', () => {
    assert.equal(marked({})(''), 'tenant');
    const by = marked({ controlPlane: ['/builder'] });
    assert.equal(by('/runDetails/builder/id'), 'controlPlane');
    assert.equal(by('/runDetails/metadata/startedOn'), 'tenant');
  });

  it('knows where every one of its values comes from', () => {
    const predicate = buildProvenance(
      example('full', (draft) => {
        draft.environment.network = 'none';
        draft.vouching = { controlPlane: [''] };
      }),
      OUTPUTS,
    ).predicate;
    assert.deepEqual(parseVouching(predicate), { controlPlane: [''] });
  });

  it('says nothing where the record says nothing', () => {
    const record = example('full', (draft) => delete draft.vouching);
    const { predicate } = buildProvenance(record, OUTPUTS);
    assert.equal(parseVouching(predicate), undefined);
    assert.ok(!JSON.stringify(predicate).includes(VOUCHING_FIELD));
  });

  it('is as short for one dependency as for many', () => {
    const many = (draft: Draft): void => {
      draft.inputs = Array.from({ length: 3000 }, (_, at) => ({
        name: `dependency ${at}`,
        digest: { sha256: '4'.repeat(64) },
      }));
    };
    const record = example('full', (draft) => {
      many(draft);
      draft.vouching = { controlPlane: [''], tenant: ['/inputs'] };
    });
    const found = parseVouching(buildProvenance(record, OUTPUTS).predicate);
    assert.ok(JSON.stringify(found).length < 600, JSON.stringify(found));
  });
});

describe('markPredicate', () => {
  const tree: fc.Arbitrary<JsonObject> = fc.object({
    key: fc.constantFrom('a', 'b', 'c/d', '~'),
    values: [fc.boolean()],
    maxDepth: 3,
  }) as fc.Arbitrary<JsonObject>;

  it('says of each value what the record says of it', () => {
    fc.assert(
      fc.property(tree, fc.infiniteStream(fc.boolean()), (predicate, coins) => {
        const pointers = leaves(predicate);
        const seen = new Set(pointers.filter(() => coins.next().value === true));
        const origins = new Map(pointers.map((pointer) => [pointer, [[`/record${pointer}`]]]));
        const record = indexVouching({ controlPlane: [...seen].map((pointer) => `/record${pointer}`) });
        const index = indexVouching(markPredicate(predicate, origins, record));
        for (const pointer of pointers) {
          assert.equal(index.voucherOf(pointer), seen.has(pointer) ? 'controlPlane' : 'tenant', pointer);
        }
      }),
    );
  });
});

describe('a record whose vouching', () => {
  for (const [what, vouching, pointer] of [
    ['leads nowhere', { tenant: ['/parameter'] }, '/vouching/tenant/0'],
    ['leads behind an array', { tenant: ['/steps/2'] }, '/vouching/tenant/0'],
    ['leads into a text', { controlPlane: ['/status/0'] }, '/vouching/controlPlane/0'],
    ['names one fact twice', { controlPlane: ['', '/job'], tenant: ['/job'] }, '/vouching/tenant/0'],
    ['speaks of itself', { controlPlane: ['/vouching'] }, '/vouching/controlPlane/0'],
    ['holds no pointer', { controlPlane: ['job'] }, '/vouching/controlPlane/0'],
    ['names somebody else', { auditor: [''] }, '/vouching/auditor'],
  ] as const) {
    it(`${what} is refused`, () => {
      assert.equal(refusal((draft) => (draft.vouching = vouching)).pointer, pointer);
    });
  }
});

describe('parseVouching', () => {
  it('refuses another shape', () => {
    const predicate = { runDetails: { metadata: { [VOUCHING_FIELD]: { controlPlane: 'all' } } } };
    assert.throws(() => parseVouching(predicate), {
      code: 'ERR_VALUE',
      pointer: `/predicate/runDetails/metadata/${VOUCHING_FIELD}/controlPlane`,
    });
  });
});

describe('a record of isolation that contradicts itself', () => {
  for (const [what, change, pointer] of [
    ['a pod that was gone while a step ran', { deletedOn: '2026-01-10T12:35:30Z' }, 'deletedOn'],
    ['root that is none', { security: { runAsNonRoot: true, runAsUser: 0 } }, 'security/runAsUser'],
    [
      'a privileged container that may gain nothing',
      { security: { privileged: true, allowPrivilegeEscalation: false } },
      'security/allowPrivilegeEscalation',
    ],
    ['a uid that is none', { podUid: 'job-1' }, 'podUid'],
    ['a label that is none', { podLabels: { a: 'b c' } }, 'podLabels/a'],
  ] as const) {
    it(`is refused: ${what}`, () => {
      const { pointer: found } = refusal((draft) => Object.assign(draft.environment.isolation, change));
      assert.equal(found, `/environment/isolation/${pointer}`);
    });
  }
});
