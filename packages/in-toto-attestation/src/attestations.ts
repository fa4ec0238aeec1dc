import { type Envelope, readEnvelope } from './envelope.ts';
import { MalformedError } from './errors.ts';
import { member } from './fields.ts';
import { parseJsonLines } from './json-lines.ts';
import { type JsonObject, type JsonValue, isJsonArray, isJsonObject, parseJson } from './json.ts';
import { LIMITS } from './limits.ts';
import { type SigstoreBundle, readSigstoreBundle } from './sigstore-bundle.ts';

/** One attestation of a file, whatever form it had. */
export interface Attestation {
  readonly format: 'dsse' | 'sigstore-bundle';
  /** Line in a JSON Lines file, from 1; absent in a file that holds one attestation. */
  readonly line?: number;
  readonly envelope: Envelope;
  /** The bundle around the envelope, when `format` is `sigstore-bundle`. */
  readonly bundle?: SigstoreBundle;
}

/** A part of a file that should have been an attestation. */
export interface BrokenAttestation {
  readonly line?: number;
  readonly error: MalformedError;
}

/** What a file of attestations holds, in the order of the file. */
export interface Attestations {
  readonly format: 'dsse' | 'sigstore-bundle' | 'json-lines' | 'npm-attestations';
  readonly attestations: readonly (Attestation | BrokenAttestation)[];
}

/**
 * Reads a file of attestations, whose format is recognised by content, never by name: a DSSE envelope, a Sigstore
 * bundle, JSON Lines of either, or what npm's registry answers for the attestations of a package. What is recognised but
 * malformed is an entry with its error, and so is every line that is neither: a consumer ignores those (in-toto
 * spec/v1/bundle.md).
 *
 * @throws {MalformedError} when the whole file is none of the formats.
 */
export function parseAttestations(bytes: Uint8Array): Attestations {
  let value: JsonValue;
  try {
    value = parseJson(bytes);
  } catch (error) {
    if (error instanceof MalformedError) return parseLines(bytes, error);
    throw error;
  }
  const format = recognise(value);
  if (format === undefined) return readNpmAnswer(value);
  return { format, attestations: [readAttestation(value)] };
}

/** What is no single document may be lines; when none of them is an attestation, it is neither. */
function parseLines(bytes: Uint8Array, notOneDocument: MalformedError): Attestations {
  const lines = parseJsonLines(bytes);
  const attestations = lines.map((entry) =>
    'value' in entry ? { line: entry.line, ...readAttestation(entry.value) } : entry,
  );
  if (attestations.some((entry) => 'envelope' in entry)) return { format: 'json-lines', attestations };
  const [first] = lines;
  if (first === undefined || 'error' in first) throw notOneDocument;
  throw new MalformedError('ERR_TYPE', '', 'no line is a DSSE envelope or a Sigstore bundle');
}

/**
 * The registry's answer, `{ "attestations": [{ "predicateType", "bundle" }] }` (npm/cli, `npm audit signatures`). What it
 * says of a bundle beside it is nobody's signature, and is not read.
 */
function readNpmAnswer(value: JsonValue): Attestations {
  const entries = isJsonObject(value) ? member(value, 'attestations') : undefined;
  if (entries === undefined || !isJsonArray(entries)) throw unrecognised(value);
  if (entries.length > LIMITS.lines)
    throw new MalformedError('ERR_LIMIT', '/attestations', `more than ${LIMITS.lines} attestations`);
  const attestations = entries.map((entry, index) => {
    const read = readAttestation((isJsonObject(entry) ? member(entry, 'bundle') : undefined) ?? null);
    return 'error' in read ? { error: below(`/attestations/${index}/bundle`, read.error) } : read;
  });
  return { format: 'npm-attestations', attestations };
}

function below(place: string, { code, pointer, message, hint }: MalformedError): MalformedError {
  const text = pointer === '' ? message : message.slice(`${pointer}: `.length);
  return new MalformedError(code, place + pointer, text, hint === undefined ? {} : { hint });
}

function readAttestation(value: JsonValue): Attestation | BrokenAttestation {
  try {
    const format = recognise(value);
    if (format === 'dsse') return { format, envelope: readEnvelope(value, '') };
    if (format === 'sigstore-bundle') return ofBundle(readSigstoreBundle(value));
    return { error: unrecognised(value) };
  } catch (error) {
    if (error instanceof MalformedError) return { error };
    throw error;
  }
}

function ofBundle(bundle: SigstoreBundle): Attestation {
  if (bundle.dsseEnvelope !== undefined)
    return { format: 'sigstore-bundle', envelope: bundle.dsseEnvelope, bundle };
  throw new MalformedError(
    'ERR_MISSING',
    '/dsseEnvelope',
    'the bundle signs an artifact, it holds no attestation',
  );
}

const BUNDLE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle';

function recognise(value: JsonValue): Attestation['format'] | undefined {
  if (!isJsonObject(value)) return undefined;
  const mediaType = member(value, 'mediaType');
  if (typeof mediaType === 'string' && mediaType.startsWith(BUNDLE_MEDIA_TYPE)) return 'sigstore-bundle';
  if (hasOne(value, ['payload', 'payloadType', 'signatures'])) return 'dsse';
  return hasOne(value, ['verificationMaterial', 'dsseEnvelope', 'messageSignature'])
    ? 'sigstore-bundle'
    : undefined;
}

function hasOne(object: JsonObject, keys: readonly string[]): boolean {
  return keys.some((key) => Object.hasOwn(object, key));
}

function unrecognised(value: JsonValue): MalformedError {
  const isStatement = isJsonObject(value) && Object.hasOwn(value, 'predicateType');
  const message = 'neither a DSSE envelope, a Sigstore bundle nor JSON Lines of them';
  return new MalformedError(
    'ERR_TYPE',
    '',
    message,
    isStatement ? { hint: 'this statement is not signed' } : {},
  );
}
