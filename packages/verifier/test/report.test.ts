import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import packageJson from '../package.json' with { type: 'json' };
import { followDependencies } from '../src/chain/index.ts';
import { CHECK_IDS, TOOL, reportJson } from '../src/index.ts';
import {
  APP,
  AUDITOR,
  BUILDER,
  EVERYTHING,
  LIB,
  STRANGER,
  type Case,
  artifactOf,
  bytesOf,
  evaluate,
  signed,
  statementOf,
  statementV02Of,
} from './fixture.ts';

const schemaFile = new URL('../../../docs/schemas/verification-report.schema.json', import.meta.url);
const schema = JSON.parse(readFileSync(schemaFile, 'utf8')) as {
  $defs: { check: { properties: { id: { anyOf: [{ enum: string[] }] } } } };
};
const validate = new Ajv2020({ strict: true, strictTypes: false, strictTuples: false }).compile(schema);

const CASES: readonly (readonly [what: string, input: Case])[] = [
  ['everything expected', { expect: EVERYTHING }],
  ['nothing expected', {}],
  ['no evidence', { files: [] }],
  ['broken evidence', { files: [bytesOf('?')] }],
  ['a stranger', { files: [signed(statementOf(), { keys: [STRANGER] })] }],
  ['too few keys', { keys: [BUILDER.publicKey, AUDITOR.publicKey], expect: { threshold: 2 } }],
  ['no statement', { files: [signed('[]')] }],
  ['v0.2', { files: [signed(statementV02Of())] }],
  ['another artifact', { artifacts: [LIB] }],
  ['provenance alone', { artifacts: 'provenance-only' }],
  ['no provenance', { artifacts: 'provenance-only', files: [] }],
  [
    'a missing file without a name',
    { files: [signed(statementOf({ subject: [APP, { digest: LIB.digest }] }))], expect: { noMissing: true } },
  ],
  ['dependencies', { expect: { follow: followDependencies({ depth: 1 }) } }],
  [
    'an extra file',
    { artifacts: [APP, { ...artifactOf('stray'), fromDirectory: true }], expect: { noExtra: true } },
  ],
];

describe('reportJson', () => {
  it('has the published members, in their order, and no others', () => {
    const json = reportJson(evaluate());
    assert.deepEqual(Object.keys(json), ['verdict', 'artifacts', 'tool']);
    const [artifact] = json.artifacts;
    assert.deepEqual(Object.keys(artifact!), ['name', 'digest', 'verdict', 'attestations']);
    const [attestation] = artifact!.attestations;
    assert.deepEqual(Object.keys(attestation!), ['path', 'keyids', 'builderId', 'checks']);
    for (const check of attestation!.checks) {
      assert.deepEqual(Object.keys(check), ['id', 'status', 'expected', 'actual', 'pointer', 'hint']);
    }
  });

  for (const [what, input] of CASES) {
    it(`follows the published schema: ${what}`, () => {
      const json: unknown = JSON.parse(JSON.stringify(reportJson(evaluate(input))));
      assert.ok(validate(json), JSON.stringify(validate.errors));
    });
  }

  it('is refused by the schema when something is wrong with it', () => {
    const good = reportJson(evaluate());
    const [artifact] = good.artifacts;
    const [attestation] = artifact!.attestations;
    const withChecks = (checks: readonly object[]): object => ({
      ...good,
      artifacts: [{ ...artifact, attestations: [{ ...attestation, checks }] }],
    });
    const { checks } = attestation!;
    for (const bad of [
      {},
      { ...good, verdict: 'maybe' },
      { ...good, extra: 1 },
      { ...good, artifacts: [{ ...artifact, attestations: [] }] },
      withChecks(checks.slice(1)),
      withChecks(checks.toReversed()),
      withChecks(checks.map((check) => ({ ...check, status: 'ok' }))),
      withChecks(checks.map((check) => ({ ...check, pointer: 'no pointer' }))),
    ]) {
      assert.equal(validate(bad), false);
    }
  });
});

describe('the report', () => {
  it('names this version of the tool', () => {
    assert.deepEqual(evaluate().tool, TOOL);
    assert.equal(TOOL.version, packageJson.version);
  });

  it('has a schema with all check ids', () => {
    assert.deepEqual(schema.$defs.check.properties.id.anyOf[0].enum, CHECK_IDS);
  });
});
