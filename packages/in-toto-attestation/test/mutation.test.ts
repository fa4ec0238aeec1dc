import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';

import {
  type JsonValue,
  MALFORMED_CODES,
  MalformedError,
  PROVENANCE_V02,
  encodeEnvelope,
  encodeProvenance,
  encodeSigstoreBundle,
  encodeStatement,
  isJsonObject,
  parseAttestations,
  parseEnvelope,
  parsePredicate,
  parseSigstoreBundle,
  parseStatement,
  publicKeyBundle,
} from '../src/index.ts';
import { bytes, envelope, statement, text } from './documents.ts';

const RUNS = 100_000;
const codes = new Set<string>(MALFORMED_CODES);

const old = {
  ...statement,
  predicateType: PROVENANCE_V02,
  predicate: {
    builder: { id: 'a:b' },
    buildType: 'c:d',
    invocation: { configSource: { uri: 'e:f' } },
    materials: [],
  },
};
const bundle = encodeSigstoreBundle(publicKeyBundle(parseEnvelope(bytes(envelope)), 'SHA256:key'));
const jsonLines = `${JSON.stringify(envelope)}\n${text(bundle)}\n`;
const ORIGINALS = [bytes(statement), bytes(old), bytes(envelope), bundle, bytes(jsonLines)];

/** What a flipped, lost or doubled byte does. */
const damagedBytes = fc
  .tuple(
    fc.constantFrom(...ORIGINALS),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 3 })), { minLength: 1, maxLength: 4 }),
  )
  .map(([original, damages]) =>
    damages.reduce<Buffer>((content, damage) => damageByte(content, ...damage), Buffer.from(original)),
  );

function damageByte(content: Buffer, at: number, byte: number, how: number): Buffer {
  const place = at % content.length;
  const cut = [1, 0, 1, content.length][how];
  const put = how < 2 ? [byte] : [];
  return Buffer.concat([content.subarray(0, place), Buffer.from(put), content.subarray(place + (cut ?? 0))]);
}

const VALUES: readonly JsonValue[] = [
  [null, true, 0, -1, 1.5, 2 ** 53 - 1, '', 'x', '\u202e', 'AA==', 'ab'.repeat(32), 'https://x', {}],
  [[], [null], { digest: { sha256: '' } }, { ['__proto__']: {} }, [[[[[]]]]]],
].flat();

const NAMES = [
  'digest',
  'subject',
  'payload',
  'sig',
  '__proto__',
  'constructor',
  'uri',
  'x_y',
  '',
  '_type',
  'mediaType',
];

/** What a writer with other ideas does: a member or entry replaced, renamed, doubled or taken out, somewhere. */
const editedJson = fc
  .tuple(
    fc.constantFrom<unknown[]>(statement, old, envelope, JSON.parse(text(bundle))),
    fc.array(
      fc.tuple(
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.constantFrom(...VALUES),
        fc.constantFrom(...NAMES),
        fc.nat(3),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([original, edits]) => {
    const edited = edits.reduce(
      (value, [path, ...edit]) => editAt(value, path, ...edit),
      original as JsonValue,
    );
    return bytes(JSON.stringify(edited));
  });

function editAt(
  value: JsonValue,
  path: readonly number[],
  by: JsonValue,
  name: string,
  how: number,
): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return by;
  const entries = Object.entries(value);
  const [key, member] = entries[step % Math.max(entries.length, 1)] ?? [name, by];
  if (rest.length > 0 && entries.length > 0)
    return withEntry(value, key, editAt(member, rest, by, name, how));
  if (how === 0) return withEntry(value, key, by);
  if (how === 1) return withEntry(value, isJsonObject(value) ? name : key, member);
  return how === 2
    ? withEntry(value, key, undefined)
    : withEntry(value, isJsonObject(value) ? name : '0', by);
}

function withEntry(value: object, key: string, member: JsonValue | undefined): JsonValue {
  const entries = Object.entries(value).filter(([name]) => name !== key);
  if (member !== undefined) entries.push([key, member]);
  return Array.isArray(value) ? entries.map(([, item]) => item as JsonValue) : Object.fromEntries(entries);
}

/** Runs every reader; what a reader takes, its writer writes and the reader takes again. */
function readEverything(content: Uint8Array): void {
  attempt(() => {
    const read = parseStatement(content);
    attempt(() => {
      const predicate = parsePredicate(read);
      if (predicate?.kind === 'provenance') attempt(() => encodeProvenance(predicate.value));
    });
    attempt(() => parseStatement(encodeStatement(read)));
  });
  attempt(() => {
    const read = parseEnvelope(content);
    const again = parseEnvelope(encodeEnvelope(read));
    assert.deepEqual(again.payload, read.payload);
    attempt(() => parseStatement(read.payload));
  });
  attempt(() => encodeSigstoreBundle(parseSigstoreBundle(content)));
  attempt(() => {
    for (const entry of parseAttestations(content).attestations) if ('error' in entry) check(entry.error);
  });
}

function attempt(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    check(error);
  }
}

function check(error: unknown): void {
  if (!(error instanceof MalformedError)) throw error;
  assert.ok(codes.has(error.code), error.code);
  assert.match(error.pointer, /^(?:\/[^/]*)*$/);
}

describe('CVE-2026-44310: mutated envelopes, statements and bundles', () => {
  it('raise nothing but errors of the closed union, when bytes are damaged', () => {
    fc.assert(fc.property(damagedBytes, readEverything), { numRuns: RUNS / 2 });
  });

  it('raise nothing but errors of the closed union, when members are edited', () => {
    fc.assert(fc.property(editedJson, readEverything), { numRuns: RUNS / 2 });
  });
});
