import canonicalize from 'canonicalize';
import { parseJson } from 'in-toto-attestation';
import { z } from 'zod';
import { attempt, describeAttempt, type Attempt } from './attempt.ts';
import { hex } from './bytes.ts';
import { UnreadableError, type Source, type VectorFolder } from './folder.ts';
import { compare, notApplicable, type Outcome } from './outcome.ts';

const NOT_EXACT =
  'RFC 8785 rounds an integer beyond 2^53 - 1 to the nearest double; our reader, in front of it, refuses the number instead';

const NUMBERS = z.array(
  z.object({
    ieee754: z.string().regex(/^[0-9a-fA-F]{1,16}$/),
    json: z.string().nullable(),
    expect: z.enum(['value', 'error']).default('value'),
    comment: z.string().default(''),
  }),
);
const SAMPLE = z.object({
  input: z.string(),
  canonical_utf8_hex: hex.optional(),
  expected_value_order: z.array(z.string()).optional(),
  expect: z.literal('error').optional(),
});
const SAMPLES = z.record(z.string(), z.union([NUMBERS, SAMPLE]));
type Sample = z.infer<typeof SAMPLE>;

/** RFC 8785 (JCS): `canonicalize` behind our strict JSON reader, which is how this project uses it. */
export const jcsRfc8785: VectorFolder = { name: 'jcs-rfc8785', exceptions: [NOT_EXACT], judge };

function* judge(source: Source): Generator<Outcome> {
  for (const path of source.files) {
    if (path.startsWith('input/')) yield judgePair(source, path);
    else if (/^[^/]+\.txt$/.test(path)) yield* judgeNumberList(path, source.text(path));
    else if (/^[^/]+\.json$/.test(path)) yield* judgeSamples(path, source.json(path, SAMPLES));
  }
}

/** The canonical bytes of a document, by the way every document takes here. */
function canonicalBytes(document: Uint8Array): Uint8Array {
  const text = canonicalize(parseJson(document));
  if (text === undefined) throw new TypeError('canonicalize gave nothing');
  return Buffer.from(text);
}

// The source publishes the bytes twice, as they are and in hex; ours must be both.
function judgePair(source: Source, path: string): Outcome {
  const name = path.slice('input/'.length);
  const input = source.bytes(path);
  const end = attempt(() => canonicalBytes(input));
  const outcome = compareBytes(path, source.bytes(`output/${name}`), end, input);
  const dump = `outhex/${name.replace(/\.json$/, '.txt')}`;
  if (outcome.result !== 'agreed' || !source.files.includes(dump)) return outcome;
  return compareBytes(path, readDump(source.text(dump)), end, input);
}

function readDump(text: string): Uint8Array {
  return hex.parse(text.replaceAll(/\s+/g, ''));
}

function compareBytes(
  name: string,
  expected: Uint8Array,
  end: Attempt<Uint8Array>,
  input: Uint8Array,
): Outcome {
  if (end.verdict === 'accepted') return compare(name, utf8(expected), utf8(end.value));
  if (end.verdict === 'rejected' && end.code === 'ERR_JSON_NUMBER' && readsElsewhere(input)) {
    return notApplicable(name, NOT_EXACT);
  }
  return compare(name, utf8(expected), describeAttempt(end));
}

// Without this a document that is refused for another reason could hide behind the exception.
function readsElsewhere(input: Uint8Array): boolean {
  return attempt((): unknown => JSON.parse(Buffer.from(input).toString('utf8'))).verdict === 'accepted';
}

function utf8(bytes: Uint8Array): string {
  return JSON.stringify(Buffer.from(bytes).toString('utf8'));
}

function* judgeNumberList(path: string, text: string): Generator<Outcome> {
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue;
    const [bits, json, ...rest] = line.split(',');
    if (bits === undefined || json === undefined || rest.length > 0) {
      throw new UnreadableError(`${path}:${index + 1}: not "bits,number"`);
    }
    yield compare(`${path}:${index + 1} ${bits}`, json, serialise(bits));
  }
}

function* judgeSamples(path: string, samples: z.infer<typeof SAMPLES>): Generator<Outcome> {
  for (const [section, sample] of Object.entries(samples)) {
    const name = `${path} ${section}`;
    if (!Array.isArray(sample)) yield judgeSample(name, sample);
    else for (const row of sample) yield judgeNumber(`${name} ${row.ieee754} ${row.comment}`.trimEnd(), row);
  }
}

function judgeNumber(name: string, row: z.infer<typeof NUMBERS>[number]): Outcome {
  return compare(name, row.expect === 'error' ? 'an error' : String(row.json), serialise(row.ieee754));
}

// The library's errors have no code of ours: numbers that are not finite never come out of our reader.
function serialise(bits: string): string {
  const number = Buffer.from(bits.padStart(16, '0'), 'hex').readDoubleBE();
  const end = attempt(() => canonicalize(number));
  return end.verdict === 'accepted' ? String(end.value) : 'an error';
}

function judgeSample(name: string, sample: Sample): Outcome {
  const end = attempt(() => canonicalBytes(Buffer.from(sample.input)));
  if (sample.expect === 'error') {
    return compare(name, 'rejected', end.verdict === 'rejected' ? 'rejected' : describeAttempt(end));
  }
  if (sample.canonical_utf8_hex !== undefined) {
    return compareBytes(name, sample.canonical_utf8_hex, end, Buffer.from(sample.input));
  }
  if (sample.expected_value_order === undefined) throw new UnreadableError(`${name}: no expected result`);
  return compare(name, JSON.stringify(sample.expected_value_order), valueOrder(end));
}

// JSON.parse moves keys such as "1" to the front, so the order is read off the text.
function valueOrder(end: Attempt<Uint8Array>): string {
  if (end.verdict !== 'accepted') return describeAttempt(end);
  const values = Buffer.from(end.value)
    .toString('utf8')
    .matchAll(/:("(?:[^"\\]|\\.)*")/g);
  return JSON.stringify([...values].map(([, value]): unknown => JSON.parse(value ?? '')));
}
