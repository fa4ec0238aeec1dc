import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Envelope } from 'in-toto-attestation';
import type { Evidence, EvidenceItem } from '../src/index.ts';
import {
  APP,
  LIB,
  STRANGER,
  artifactOf,
  bytesOf,
  checkOf,
  evaluate,
  signed,
  statementOf,
} from './fixture.ts';
import { CHECK_IDS, loadEvidence } from '../src/index.ts';

/** Evidence that counts how often its signature and its statement are looked at. */
function counted(payloads: readonly object[]): {
  evidence: Evidence;
  counts: { signature: number; statement: number };
} {
  const counts = { signature: 0, statement: 0 };
  const items = payloads.map((payload): EvidenceItem => {
    const bytes = signed(payload as Parameters<typeof signed>[0]);
    const [item] = loadEvidence([{ path: 'x', bytes }]).items;
    const envelope = item!.envelope as Envelope;
    const [signature] = envelope.signatures;
    return {
      path: 'x',
      statement: item!.statement,
      envelope: {
        ...envelope,
        signatures: [
          {
            get sig(): Uint8Array {
              counts.signature += 1;
              return signature!.sig;
            },
          },
        ],
      },
    };
  });
  return { evidence: { items }, counts };
}

describe('an artifact', () => {
  it('is listed with the attestations that name it, not with those that do not', () => {
    const files = [
      signed(statementOf({ subject: [LIB] })),
      signed(),
      signed(statementOf({ subject: [LIB, APP] })),
    ];
    const report = evaluate({ files });
    assert.deepEqual(
      report.artifacts[0]?.attestations.map(({ path }) => path),
      ['provenance-1.json', 'provenance-2.json'],
    );
  });

  it('is listed with those of its name only when none has its digest', () => {
    const old = statementOf({ subject: [artifactOf('app.tgz', 'older')] });
    assert.equal(evaluate({ files: [signed(old), signed()] }).artifacts[0]?.attestations.length, 1);
    assert.equal(evaluate({ files: [signed(old)] }).artifacts[0]?.attestations.length, 1);
  });

  it('is listed with the first hundred that name it, when one of them is accepted, and no later one in their place', () => {
    const files = Array.from({ length: 102 }, () => signed());
    const listed = evaluate({ files }).artifacts[0]?.attestations.map(({ path }) => path) ?? [];
    assert.deepEqual([listed.length, listed.at(-1)], [100, 'provenance-99.json']);
  });

  it('is found by the end of the path that the caller typed', () => {
    const artifacts = [artifactOf('/tmp/out/app.tgz', 'changed')];
    assert.match(checkOf(evaluate({ artifacts }), 'evidence.found').actual ?? '', /by name$/);
    const other = [artifactOf('/tmp/out/xapp.tgz', 'changed')];
    assert.equal(checkOf(evaluate({ artifacts: other }), 'evidence.found').status, 'fail');
  });

  it('is listed with at most five that cannot be read, and the number of the others', () => {
    const files = [...Array.from({ length: 8 }, () => bytesOf('?')), signed()];
    const report = evaluate({ files });
    assert.equal(report.verdict, 'accepted');
    assert.equal(report.artifacts[0]?.attestations.length, 6);
    assert.equal(checkOf(report, 'evidence.found', 0, 1).actual, '8 found that cannot be read, 3 not listed');
  });

  it('is listed with at most five about other things when nothing names it', () => {
    const files = Array.from({ length: 8 }, () => signed(statementOf({ subject: [LIB] })));
    const report = evaluate({ files: [bytesOf('?'), ...files] });
    assert.equal(report.artifacts[0]?.attestations.length, 5);
    assert.match(checkOf(report, 'evidence.found', 0, 1).actual ?? '', /^8 found, 4 not listed, none names/);
  });

  it('is accepted by the last of many, which is listed', () => {
    const strange = signed(statementOf(), { keys: [STRANGER] });
    const report = evaluate({ files: [...Array.from({ length: 130 }, () => strange), signed()] });
    assert.equal(report.verdict, 'accepted');
    const attestations = report.artifacts[0]?.attestations ?? [];
    assert.equal(attestations.length, 100);
    assert.equal(attestations.at(-1)?.path, 'provenance-130.json');
    assert.match(checkOf(report, 'evidence.found').actual ?? '', /^131 found by digest, 31 not listed/);
  });
});

describe('many artifacts with many attestations', () => {
  const count = 400;
  const artifacts = Array.from({ length: count }, (_, index) => artifactOf(`file-${index}`));

  it('verify each signature once, whatever number of subjects each attestation has', () => {
    const payloads = [statementOf({ subject: artifacts }), statementOf({ subject: artifacts })];
    const { evidence, counts } = counted(payloads);
    assert.equal(
      evaluate({ evidence, artifacts, expect: { noMissing: true, noExtra: true } }).verdict,
      'accepted',
    );
    assert.equal(counts.signature, 2);
  });

  it('hold each artifact only against the attestation that names it', () => {
    const { evidence, counts } = counted(artifacts.map((artifact) => statementOf({ subject: [artifact] })));
    const report = evaluate({ evidence, artifacts });
    assert.equal(report.verdict, 'accepted');
    assert.equal(counts.signature, count);
    assert.deepEqual(new Set(report.artifacts.map(({ attestations }) => attestations.length)), new Set([1]));
  });

  it('share checks that say the same', () => {
    const evidence = loadEvidence([{ path: 'x', bytes: signed(statementOf({ subject: artifacts })) }]);
    const report = evaluate({ evidence, artifacts });
    const distinct = new Set(
      report.artifacts.flatMap(({ attestations }) => attestations.flatMap(({ checks }) => checks)),
    );
    assert.ok(distinct.size < count + CHECK_IDS.length);
  });
});
