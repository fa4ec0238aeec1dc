import * as fc from 'fast-check';
import type { EnvelopeJson } from '../../vectors/dsse.ts';

/** Changes to a byte string, as a person with an editor, a broken disk or a fuzzer would make them. */
export type ByteChange = (bytes: Buffer) => Buffer;

/** Text that parsers have tripped over elsewhere. */
const TOKENS: readonly Buffer[] = [
  'null',
  '{}',
  '[]',
  '""',
  '-0',
  '1e999',
  '9007199254740993',
  '"__proto__":1,',
  '"payload":"e30=",',
  '"signatures":[],',
  '"sig":"",',
  '"payloadType":"text/plain",',
  '"_type":0,',
  '"subject":[null],',
  '"digest":{},',
  '\ufeff',
  '\u0000',
  '\u202e',
  String.raw`\ud800`,
  '==',
  '\n',
  ' ',
  ',',
  '[[',
]
  .map((text) => Buffer.from(text))
  .concat([Buffer.of(0xff), Buffer.of(0xc0, 0xaf), Buffer.of(0xed, 0xa0, 0x80)]);

/** A place in a byte string of any length, as a fraction of it. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (bytes: Buffer, fraction: number): number => Math.floor(fraction * bytes.length);

const flipBit = fc.tuple(place, fc.nat(7)).map(([where, bit]): ByteChange => (bytes) => {
  const changed = Buffer.from(bytes);
  if (changed.length > 0)
    changed.writeUInt8(changed.readUInt8(at(bytes, where)) ^ (1 << bit), at(bytes, where));
  return changed;
});

const remove = fc.tuple(place, fc.integer({ min: 1, max: 80 })).map(
  ([where, count]): ByteChange =>
    (bytes) =>
      Buffer.concat([bytes.subarray(0, at(bytes, where)), bytes.subarray(at(bytes, where) + count)]),
);

const insertToken = fc.tuple(place, fc.constantFrom(...TOKENS)).map(
  ([where, token]): ByteChange =>
    (bytes) =>
      Buffer.concat([bytes.subarray(0, at(bytes, where)), token, bytes.subarray(at(bytes, where))]),
);

const repeat = fc
  .tuple(place, place, fc.integer({ min: 1, max: 200 }))
  .map(([from, to, count]): ByteChange => (bytes) => {
    const piece = bytes.subarray(at(bytes, from), at(bytes, from) + count);
    return Buffer.concat([bytes.subarray(0, at(bytes, to)), piece, bytes.subarray(at(bytes, to))]);
  });

const cutOff = place.map(
  (where): ByteChange =>
    (bytes) =>
      bytes.subarray(0, at(bytes, where)),
);

const oneChange = fc.oneof(
  { weight: 4, arbitrary: flipBit },
  { weight: 2, arbitrary: insertToken },
  { weight: 2, arbitrary: remove },
  { weight: 1, arbitrary: repeat },
  { weight: 1, arbitrary: cutOff },
);

/** One to three changes, one after the other. */
export const byteChange: fc.Arbitrary<ByteChange> = fc
  .array(oneChange, { minLength: 1, maxLength: 3 })
  .map((changes) => (bytes) => changes.reduce((changed, change) => change(changed), bytes));

/** Changes to a JSON value: members and entries that are swapped, dropped or replaced. */
export type JsonChange = (value: unknown) => unknown;

const WRONG: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  '',
  'x',
  [],
  {},
  [null],
  { a: 1 },
  'AA==',
  '0'.repeat(64),
];

/** Every member and entry of a JSON value, with the object or array that holds it. */
function slots(value: unknown): { readonly holder: Record<string, unknown>; readonly key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...slots(holder[key])]);
}

const swap = fc.tuple(place, place).map(([a, b]): JsonChange => (value) => {
  const all = slots(value);
  const [one, other] = [all[Math.floor(a * all.length)], all[Math.floor(b * all.length)]];
  if (one === undefined || other === undefined || holds(one, other) || holds(other, one)) return value;
  [one.holder[one.key], other.holder[other.key]] = [other.holder[other.key], one.holder[one.key]];
  return value;
});

/** Swapping a value with a part of itself would make a circle. */
function holds(one: ReturnType<typeof slots>[number], other: ReturnType<typeof slots>[number]): boolean {
  return slots(one.holder[one.key]).some(({ holder, key }) => holder === other.holder && key === other.key);
}

const drop = place.map((where): JsonChange => (value) => {
  const all = slots(value);
  const slot = all[Math.floor(where * all.length)];
  if (slot === undefined) return value;
  if (Array.isArray(slot.holder)) slot.holder.splice(Number(slot.key), 1);
  else delete slot.holder[slot.key];
  return value;
});

const replace = fc.tuple(place, fc.constantFrom(...WRONG)).map(([where, wrong]): JsonChange => (value) => {
  const all = slots(value);
  const slot = all[Math.floor(where * all.length)];
  if (slot !== undefined) slot.holder[slot.key] = structuredClone(wrong);
  return value;
});

/** One to three changes of a value; the value that is given is left as it is. */
export const jsonChange: fc.Arbitrary<JsonChange> = fc
  .array(fc.oneof(swap, drop, replace), { minLength: 1, maxLength: 3 })
  .map((changes) => (value) => changes.reduce((changed, change) => change(changed), structuredClone(value)));

/**
 * What signatures are over, and the signatures, of every envelope in the bytes: read leniently and by nothing of ours.
 * A change that leaves one of these as it was did not touch what counts.
 */
export function signedParts(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('utf8');
  return [text, ...text.split('\n')].flatMap((part) => {
    try {
      return partsOf(JSON.parse(part));
    } catch {
      return [];
    }
  });
}

function partsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { dsseEnvelope, payload, payloadType, signatures } = value as Partial<
    EnvelopeJson & { dsseEnvelope: unknown }
  >;
  if (dsseEnvelope !== undefined) return partsOf(dsseEnvelope);
  if (!Array.isArray(signatures)) return [];
  const body = Buffer.from(String(payload), 'base64').toString('hex');
  return signatures.map((signature: unknown) => {
    const sig =
      typeof signature === 'object' && signature !== null && 'sig' in signature ? signature.sig : '';
    return `${String(payloadType)} ${body} ${Buffer.from(String(sig), 'base64').toString('hex')}`;
  });
}
