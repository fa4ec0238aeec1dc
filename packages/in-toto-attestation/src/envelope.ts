import { decodeBase64, decodeBehind, encodeBase64 } from './base64.ts';
import { MalformedError } from './errors.ts';
import {
  asObject,
  asString,
  optionalString,
  readBytes,
  required,
  requiredList,
  requiredString,
  unknownFields,
  withDefined,
} from './fields.ts';
import { type JsonObject, type JsonValue, encodeJson, parseJson } from './json.ts';
import { LIMITS } from './limits.ts';

/** payloadType of an in-toto statement; the one that is written. */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** One signature of an envelope. */
export interface Signature {
  /** A hint which key to try, not authenticated and no identity; absent when empty. */
  readonly keyid?: string;
  readonly sig: Uint8Array;
  /** Fields that the specification does not know; ignored, and never written. */
  readonly unknownFields?: JsonObject;
}

/** A DSSE v1 envelope (dsse envelope.md): bytes of a type, and signatures over {@link pae} of both. */
export interface Envelope {
  /** Any string; see {@link matchStatementPayloadType}. */
  readonly payloadType: string;
  /** The very bytes that were signed. */
  readonly payload: Uint8Array;
  /** At least one. */
  readonly signatures: readonly Signature[];
  /** Fields that the specification does not know; ignored, and never written. */
  readonly unknownFields?: JsonObject;
}

const KNOWN: ReadonlySet<string> = new Set(['payload', 'payloadType', 'signatures']);
const KNOWN_OF_SIGNATURE: ReadonlySet<string> = new Set(['keyid', 'sig']);
const PREDICATE_PAYLOAD_TYPE = /^application\/vnd\.in-toto\.[A-Za-z0-9][A-Za-z0-9_.-]*\+json$/;

/**
 * Whether a payload of this type is an in-toto statement: {@link PAYLOAD_TYPE}, or
 * `application/vnd.in-toto.<predicate>+json` (in-toto spec/v1/envelope.md).
 */
export function matchStatementPayloadType(payloadType: string): boolean {
  return payloadType === PAYLOAD_TYPE || PREDICATE_PAYLOAD_TYPE.test(payloadType);
}

const encoder = new TextEncoder();
const ASCII = /^[ -~]*$/;

/**
 * DSSE's pre-authentication encoding (dsse protocol.md): the message that a signature of an envelope is over. Lengths
 * are in bytes. It may share the memory of the payload: that of an envelope that was read lies behind its header already.
 *
 * @throws {TypeError} when the type has no UTF-8 form (half of a surrogate pair).
 */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  if (!payloadType.isWellFormed()) throw new TypeError('payloadType is not well-formed Unicode');
  const header = paeHeader(payloadType, payload.length);
  const start = payload.byteOffset - header.length;
  if (start >= 0 && holdsText(new Uint8Array(payload.buffer, start, header.length), header))
    return new Uint8Array(payload.buffer, start, header.length + payload.length);
  const bytes = encoder.encode(header);
  const message = new Uint8Array(bytes.length + payload.length);
  message.set(bytes);
  message.set(payload, bytes.length);
  return message;
}

function paeHeader(payloadType: string, length: number): string {
  const typeLength = ASCII.test(payloadType) ? payloadType.length : encoder.encode(payloadType).length;
  return `DSSEv1 ${typeLength} ${payloadType} ${length} `;
}

/** Whether the bytes are this text in ASCII. */
function holdsText(bytes: Uint8Array, text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f || bytes[at] !== unit) return false;
  }
  return true;
}

/** More than a header has beside the type. */
const HEADER_ROOM = 64;

/** The payload, with its header in front of it: then {@link pae} need not copy it. */
function readPayload(value: JsonValue, pointer: string, payloadType: string): Uint8Array {
  const text = asString(value, pointer);
  if (!ASCII.test(payloadType)) return decodeBase64(text, pointer);
  const payload = decodeBehind(text, pointer, payloadType.length + HEADER_ROOM);
  const header = paeHeader(payloadType, payload.length);
  const bytes = new Uint8Array(payload.buffer, payload.byteOffset - header.length, header.length);
  for (let at = 0; at < header.length; at += 1) bytes[at] = header.charCodeAt(at);
  return payload;
}

/**
 * Reads a DSSE envelope; nothing in it is verified.
 *
 * @throws {MalformedError} for strict JSON (see {@link parseJson}), `ERR_BASE64`, `ERR_VALUE` for no signature or an
 * empty one, `ERR_LIMIT` for more than {@link LIMITS}.signatures.
 */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  return readEnvelope(parseJson(bytes), '');
}

/** Reads an envelope from a JSON value; see {@link parseEnvelope}. */
export function readEnvelope(value: JsonValue, pointer: string): Envelope {
  const object = asObject(value, pointer);
  const payloadType = requiredString(object, 'payloadType', pointer);
  return withDefined<Envelope>(
    {
      payloadType,
      payload: required(object, 'payload', pointer, (text, at) => readPayload(text, at, payloadType)),
      signatures: readSignatures(object, pointer),
    },
    { unknownFields: unknownFields(object, KNOWN) },
  );
}

function readSignatures(object: JsonObject, pointer: string): readonly Signature[] {
  const signatures = requiredList(object, 'signatures', pointer, readSignature, LIMITS.signatures);
  if (signatures.length === 0)
    throw new MalformedError('ERR_VALUE', `${pointer}/signatures`, 'holds no signature');
  return signatures;
}

function readSignature(value: JsonValue, pointer: string): Signature {
  const object = asObject(value, pointer);
  const sig = required(object, 'sig', pointer, readBytes);
  if (sig.length === 0) throw new MalformedError('ERR_VALUE', `${pointer}/sig`, 'an empty signature');
  const keyid = optionalString(object, 'keyid', pointer) || undefined;
  return withDefined<Signature>({ sig }, { keyid, unknownFields: unknownFields(object, KNOWN_OF_SIGNATURE) });
}

/** An envelope as compact JSON; see {@link envelopeJson}. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return encodeJson(envelopeJson(envelope));
}

/**
 * An envelope as a JSON value: standard base64, no unknown field.
 *
 * @throws {MalformedError} for an envelope that {@link parseEnvelope} would refuse.
 */
export function envelopeJson(envelope: Envelope): JsonObject {
  const json = {
    payload: encodeBase64(envelope.payload),
    payloadType: envelope.payloadType,
    signatures: envelope.signatures.map(signatureJson),
  };
  readEnvelope(json, '');
  return json;
}

function signatureJson(signature: Signature): JsonObject {
  return withDefined<Record<string, JsonValue>>(
    { sig: encodeBase64(signature.sig) },
    { keyid: signature.keyid || undefined },
  );
}
