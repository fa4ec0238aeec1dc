import { type Envelope, encodeEnvelope } from './envelope.ts';
import { MalformedError } from './errors.ts';
import { type JsonValue, parseJson } from './json.ts';
import { LIMITS } from './limits.ts';

/** One line that is not blank: its value, or why it has none. */
export type JsonLine =
  | { readonly line: number; readonly value: JsonValue }
  | { readonly line: number; readonly error: MalformedError };

const NEWLINE = 0x0a;

/**
 * Reads JSON Lines, the form of an in-toto bundle (in-toto spec/v1/bundle.md). Lines count from 1; blank ones are left
 * out; one that is not strict JSON is an entry with its error and spoils no other.
 *
 * @throws {MalformedError} `ERR_LIMIT` for more than {@link LIMITS}.jsonLinesBytes or {@link LIMITS}.lines.
 */
export function parseJsonLines(bytes: Uint8Array): readonly JsonLine[] {
  if (bytes.length > LIMITS.jsonLinesBytes) {
    throw new MalformedError('ERR_LIMIT', '', `${bytes.length} bytes, more than ${LIMITS.jsonLinesBytes}`);
  }
  const lines: JsonLine[] = [];
  for (const { line, content } of splitLines(bytes)) {
    if (lines.length >= LIMITS.lines)
      throw new MalformedError('ERR_LIMIT', '', `more than ${LIMITS.lines} lines`);
    lines.push(parseLine(line, content));
  }
  return lines;
}

function parseLine(line: number, content: Uint8Array): JsonLine {
  try {
    return { line, value: parseJson(content) };
  } catch (error) {
    if (error instanceof MalformedError) return { line, error };
    throw error;
  }
}

/** The lines that are not blank, with their numbers from 1. */
function* splitLines(bytes: Uint8Array): Generator<{ line: number; content: Uint8Array }> {
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    const content = bytes.subarray(start, end);
    if (content.some((byte) => !isBlank(byte))) yield { line, content };
    start = end + 1;
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

/** Writes an in-toto bundle: one envelope a line, each line ended. */
export function encodeJsonLines(envelopes: readonly Envelope[]): Uint8Array {
  const lines = envelopes.map(encodeEnvelope);
  const bytes = new Uint8Array(lines.reduce((length, line) => length + line.length + 1, 0));
  let at = 0;
  for (const line of lines) {
    bytes.set(line, at);
    at += line.length;
    bytes[at++] = NEWLINE;
  }
  return bytes;
}
