import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  type Envelope,
  type JsonObject,
  type JsonValue,
  MALFORMED_CODES,
  MalformedError,
  PAYLOAD_TYPE,
} from 'in-toto-attestation';
import { type Evidence, loadEvidence } from '../src/index.ts';
import {
  APP,
  BUILDER,
  STRANGER,
  attestationOf,
  bytesOf,
  envelopeJsonOf,
  evaluate,
  signed,
  statementOf,
} from './fixture.ts';

const ORIGINAL = signed();
const ENVELOPE = envelopeJsonOf();
const STATEMENT = JSON.stringify(statementOf());
const [{ envelope: original }] = loadEvidence([{ path: 'x', bytes: ORIGINAL }]).items as unknown as [
  { envelope: Envelope },
];

/** Whether the mutation left alone what was signed and by whom: then it is no other envelope. */
function isSame(evidence: Evidence): boolean {
  return evidence.items.some(
    ({ envelope }) =>
      !(envelope instanceof MalformedError) &&
      envelope.payloadType === original.payloadType &&
      Buffer.from(envelope.payload).equals(original.payload) &&
      envelope.signatures.some(({ sig }) => Buffer.from(sig).equals(original.signatures[0]!.sig)),
  );
}

/** Never accepted, never thrown at the caller, and malformed only in a way that has a code. */
function isRejected(bytes: Uint8Array): void {
  const evidence = loadEvidence([{ path: 'x', bytes }]);
  if (isSame(evidence)) return;
  const report = evaluate({ evidence });
  assert.equal(report.verdict, 'rejected');
  assert.equal(attestationOf(report).builderId, null);
  assert.equal(attestationOf(report).statement, null);
  for (const { envelope } of evidence.items) {
    if (envelope instanceof MalformedError) assert.ok(MALFORMED_CODES.includes(envelope.code));
  }
}

type Edit = (before: Buffer, after: Buffer, byte: number) => Buffer;

const EDITS: readonly Edit[] = [
  (before, after, byte) => Buffer.concat([before, Buffer.of(byte), after.subarray(1)]),
  (before, after, byte) => Buffer.concat([before, Buffer.of(byte), after]),
  (before, after) => Buffer.concat([before, after.subarray(1)]),
  (before, after, byte) => Buffer.concat([before, after.subarray(0, byte), after]),
  (before) => before,
];

/** Bytes of the file: replaced, inserted, removed, cut off, doubled. */
const mutatedBytes = fc
  .array(fc.tuple(fc.nat(ORIGINAL.length - 1), fc.constantFrom(...EDITS), fc.nat(255)), {
    minLength: 1,
    maxLength: 3,
  })
  .map((changes) => {
    let bytes: Buffer = Buffer.from(ORIGINAL);
    for (const [at, edit, byte] of changes) bytes = edit(bytes.subarray(0, at), bytes.subarray(at), byte);
    return new Uint8Array(bytes);
  });

const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>;

/** The envelope's JSON with some members replaced. */
const mutatedEnvelope = fc
  .record(
    {
      payload: fc.oneof(
        json,
        fc.base64String(),
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64')),
      ),
      payloadType: fc.oneof(
        json,
        fc.constantFrom('text/plain', PAYLOAD_TYPE.toUpperCase(), `${PAYLOAD_TYPE} `),
      ),
      signatures: fc.oneof(
        json,
        fc.array(
          fc.record({
            sig: fc.oneof(
              json,
              fc
                .uint8Array({ minLength: 64, maxLength: 64 })
                .map((bytes) => Buffer.from(bytes).toString('base64')),
            ),
            keyid: json,
          }),
          { maxLength: 3 },
        ),
      ),
    },
    { requiredKeys: [] },
  )
  .map((change) => bytesOf({ ...ENVELOPE, ...change }));

/** The statement with one value somewhere replaced, under the old signature. */
const mutatedStatement = fc.tuple(fc.nat(), json).map(([seed, value]) => {
  const statement = JSON.parse(STATEMENT) as Record<string, JsonValue>;
  replaceAt(statement, seed, value);
  return bytesOf({ ...ENVELOPE, payload: Buffer.from(JSON.stringify(statement)).toString('base64') });
});

function replaceAt(object: Record<string, JsonValue>, seed: number, value: JsonValue): void {
  const keys = Object.keys(object);
  const key = keys[seed % keys.length]!;
  const member = object[key];
  const isInner = typeof member === 'object' && member !== null && Object.keys(member).length > 0;
  if (isInner && seed % 7 !== 0)
    replaceAt(member as Record<string, JsonValue>, Math.floor(seed / keys.length), value);
  else object[key] = value;
}

describe('a mutated envelope', () => {
  it('is never accepted, and never an exception (100,000 of them)', () => {
    const mutated = fc.oneof(
      { arbitrary: mutatedBytes, weight: 3 },
      { arbitrary: mutatedEnvelope, weight: 1 },
      { arbitrary: mutatedStatement, weight: 1 },
    );
    fc.assert(fc.property(mutated, isRejected), { numRuns: 100_000 });
  });
});

describe('a statement that was well signed, and mutated before', () => {
  it('is judged without an exception, and accepted only with the subject that it must have', () => {
    const mutated = fc.tuple(fc.nat(), json).map(([seed, value]) => {
      const statement = JSON.parse(STATEMENT) as Record<string, JsonValue>;
      replaceAt(statement, seed, value);
      return statement;
    });
    fc.assert(
      fc.property(mutated, (statement: JsonObject) => {
        const report = evaluate({
          files: [signed(statement)],
          expect: { builderId: 'https://ci.example.com/danube' },
        });
        if (report.verdict === 'accepted') {
          assert.match(JSON.stringify(statement['subject']), new RegExp(APP.digest['sha256']!));
          assert.equal(attestationOf(report).builderId, 'https://ci.example.com/danube');
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('is never accepted from a stranger, whatever keyid it claims', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (keyid, extra) => {
        const keys = Array.from({ length: 1 + (extra % 3) }, () => STRANGER);
        const report = evaluate({
          files: [signed(statementOf(), { keys, keyid: extra % 2 ? keyid : BUILDER.publicKey.keyid })],
        });
        assert.equal(report.verdict, 'rejected');
      }),
      { numRuns: 300 },
    );
  });
});
