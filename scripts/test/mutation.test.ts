import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { evaluateProvenance, loadEvidence, type Report, type Verification } from '@danube/verifier';
import * as fc from 'fast-check';
import { MALFORMED_CODES } from 'in-toto-attestation';
import { envelope, type EnvelopeJson } from '../vectors/dsse.ts';
import { BUILDER } from '../vectors/fixed-keys.ts';
import { PAYLOAD } from '../vectors/signed.ts';
import { APP, BUILDER_ID, BUILD_TYPE, hex, PROVENANCE_V1 } from '../vectors/statements.ts';
import { casesOf } from './vectors/cases.ts';
import { byteChange, jsonChange, signedParts, type ByteChange } from './vectors/mutation.ts';
import { openVerification } from './vectors/verify-by-library.ts';

/** An accepted verification of the vectors, and its one evidence file. */
interface Base {
  readonly name: string;
  readonly bytes: Buffer;
  readonly verification: Verification;
  /** What was signed, as the original has it. */
  readonly signed: readonly string[];
}

const bases: Base[] = [];

/** All mutated envelopes and statements of this file together. */
const RUNS = { bytes: 30_000, members: 30_000, splices: 20_000, statements: 20_000 } as const;

async function loadBases(): Promise<Base[]> {
  const accepted = casesOf('verify').filter(({ content: { expect, evidence, artifacts, expectations } }) => {
    // A certificate is proven before the verifier runs: scripts/test/sigstore changes such bundles in a test of its own.
    if (expectations.sigstoreRoot !== undefined) return false;
    // A change of one attestation of several leaves others as they were, which says little of this one.
    if (expectations.policies !== undefined && evidence.includes('evidence.jsonl')) return false;
    return expect.verdict === 'accepted' && evidence.length === 1 && artifacts !== 'provenance-only';
  });
  const bases = await Promise.all(
    accepted.map(async ({ name, folder, content }) => {
      const bytes = readFileSync(join(folder, content.evidence[0] ?? ''));
      return {
        name,
        bytes,
        verification: await openVerification(folder, content),
        signed: signedParts(bytes),
      };
    }),
  );
  // So are times and certificates of a trust root, for attestations of which nothing may change.
  return bases.filter(
    ({ verification: { certificates, times } }) => (certificates?.size ?? 0) + (times?.size ?? 0) === 0,
  );
}

/** Judges changed bytes as the original was judged. Whatever this throws, nothing that was read may have caused it. */
function evaluate({ verification }: Base, bytes: Uint8Array): Report {
  const report = evaluateProvenance({
    ...verification,
    evidence: loadEvidence([{ path: 'changed', bytes }]),
  });
  for (const check of report.artifacts.flatMap(({ attestations }) =>
    attestations.flatMap(({ checks }) => checks),
  )) {
    if (!check.id.endsWith('.format') || check.status !== 'fail') continue;
    const code = check.actual?.split(':')[0] ?? '';
    assert.ok((MALFORMED_CODES as readonly string[]).includes(code), `${check.id}: ${check.actual ?? ''}`);
  }
  return report;
}

/** Accepted is only what some key signed, byte for byte; anything else is rejected. */
function assertRejectedUnlessSame(base: Base, others: readonly Base[], bytes: Uint8Array): void {
  const { verdict } = evaluate(base, bytes);
  if (verdict === 'rejected') return;
  const known = new Set([base, ...others].flatMap(({ signed }) => signed));
  assert.ok(
    signedParts(bytes).some((part) => known.has(part)),
    `${base.name}: accepted though it was changed`,
  );
}

const anyBase = fc.nat().map((n): Base => {
  const base = bases[n % bases.length];
  assert.ok(base);
  return base;
});

/** Counts what was really changed, so that runs which changed nothing cannot pass for work done. */
let changed = 0;
function count(base: Base, bytes: Uint8Array): void {
  const parts = signedParts(bytes);
  if (!base.signed.some((part) => parts.includes(part))) changed += 1;
}

describe('a whole verification of mutated evidence', () => {
  before(async () => {
    bases.push(...(await loadBases()));
    for (const base of bases) assert.equal(evaluate(base, base.bytes).verdict, 'accepted', base.name);
  });

  it(`rejects, and never throws, for ${RUNS.bytes} changes of bytes`, () => {
    fc.assert(
      fc.property(anyBase, byteChange, (base, change) => {
        const bytes = change(base.bytes);
        count(base, bytes);
        assertRejectedUnlessSame(base, [], bytes);
      }),
      { numRuns: RUNS.bytes },
    );
  });

  it(`rejects, and never throws, for ${RUNS.members} members that are swapped, dropped or replaced`, () => {
    fc.assert(
      fc.property(anyBase, jsonChange, (base, change) => {
        const bytes = Buffer.from(JSON.stringify(change(parseFirst(base.bytes))) ?? '');
        count(base, bytes);
        assertRejectedUnlessSame(base, [], bytes);
      }),
      { numRuns: RUNS.members },
    );
  });

  it(`rejects, and never throws, for ${RUNS.splices} splices of two valid envelopes`, () => {
    fc.assert(
      fc.property(
        anyBase,
        anyBase,
        fc.nat(3),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (base, other, how, where) => {
          const bytes = splice(firstEnvelope(base.bytes), firstEnvelope(other.bytes), how, where);
          count(base, bytes);
          assertRejectedUnlessSame(base, [other], bytes);
        },
      ),
      { numRuns: RUNS.splices },
    );
  });

  it(`accepts of ${RUNS.statements} mutated statements none that was not signed, and of the signed none that says other things`, () => {
    const base = bases.find(({ name }) => name === 'verify/everything-expected');
    assert.ok(base);
    fc.assert(
      fc.property(mutatedPayload, fc.boolean(), (payload, isSigned) => {
        const evidence = isSigned
          ? envelope(payload, [BUILDER])
          : { ...firstEnvelope(base.bytes), payload: payload.toString('base64') };
        const bytes = Buffer.from(JSON.stringify(evidence));
        if (!payload.equals(Buffer.from(PAYLOAD))) changed += 1;
        const { verdict } = evaluate(base, bytes);
        if (verdict === 'accepted') assertSaysTheSame(payload, isSigned);
      }),
      { numRuns: RUNS.statements },
    );
  });

  it('has changed what is signed in four of five of these runs', () => {
    const runs = Object.values(RUNS).reduce((sum, number) => sum + number, 0);
    assert.equal(runs, 100_000);
    assert.ok(changed > 0.8 * runs, `${changed} of ${runs}`);
  });
});

const mutatedPayload: fc.Arbitrary<Buffer> = fc.oneof(
  byteChange.map((change: ByteChange) => change(Buffer.from(PAYLOAD))),
  jsonChange.map((change) => Buffer.from(JSON.stringify(change(JSON.parse(PAYLOAD))) ?? '')),
);

/** The first line of JSON Lines, or the whole document. */
function parseFirst(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  const lines = text.trimEnd().split('\n');
  return JSON.parse(lines[0]?.endsWith('}') === true ? lines[0] : text);
}

function firstEnvelope(bytes: Buffer): EnvelopeJson {
  const value = parseFirst(bytes) as EnvelopeJson & { readonly dsseEnvelope?: EnvelopeJson };
  return value.dsseEnvelope ?? value;
}

/** Four ways to make one envelope of two: signatures, payload types and payloads change places. */
function splice(one: EnvelopeJson, other: EnvelopeJson, how: number, where: number): Buffer {
  const [a, b] = [Buffer.from(one.payload, 'base64'), Buffer.from(other.payload, 'base64')];
  const spliced = Buffer.concat([a.subarray(0, where * a.length), b.subarray(where * b.length)]).toString(
    'base64',
  );
  const ways: readonly EnvelopeJson[] = [
    { ...one, signatures: other.signatures },
    { ...one, payload: other.payload, payloadType: other.payloadType },
    { ...one, payload: spliced, signatures: [...one.signatures, ...other.signatures] },
    {
      ...one,
      payloadType: `${one.payloadType}${other.payloadType}`,
      signatures: [...other.signatures, ...one.signatures],
    },
  ];
  return Buffer.from(JSON.stringify(ways[how]));
}

/** The expectations of verify/everything-expected, looked up in the plainest way there is. */
function assertSaysTheSame(payload: Buffer, isSigned: boolean): void {
  if (!isSigned) {
    assert.deepEqual(payload, Buffer.from(PAYLOAD), 'accepted with the signature of another statement');
    return;
  }
  const { subject, predicateType, predicate } = JSON.parse(payload.toString('utf8')) as SignedStatement;
  const { buildDefinition, runDetails } = predicate;
  assert.ok(JSON.stringify(subject).includes(hex('sha256', APP.content)));
  assert.equal(predicateType, PROVENANCE_V1);
  assert.equal(runDetails.builder.id, BUILDER_ID);
  assert.equal(buildDefinition.buildType, BUILD_TYPE);
  assert.deepEqual(buildDefinition.externalParameters['parameters'], {
    environment: 'production',
    replicas: 3,
  });
}

/** What an accepted statement must have been, or the assertions above fail. */
interface SignedStatement {
  readonly subject: unknown;
  readonly predicateType: unknown;
  readonly predicate: {
    readonly buildDefinition: {
      readonly buildType: unknown;
      readonly externalParameters: Readonly<Record<string, unknown>>;
    };
    readonly runDetails: { readonly builder: { readonly id: unknown } };
  };
}
