import { MalformedError } from './errors.ts';
import {
  type Members,
  type Read,
  asObject,
  isAsRead,
  missing,
  readList,
  required,
  requiredObject,
  requireTypeUri,
  unknownFields,
  withDefined,
  readTypeUri,
} from './fields.ts';
import type { DigestSet } from './digest-set.ts';
import { type JsonObject, type JsonValue, encodeJson, parseJson } from './json.ts';
import { LIMITS } from './limits.ts';
import {
  type ResourceDescriptor,
  encodeDescriptorFields,
  readDescriptorFields,
} from './resource-descriptor.ts';

/** `_type` of a statement of the in-toto Attestation Framework v1; the only one that is written. */
export const STATEMENT_V1 = 'https://in-toto.io/Statement/v1';
/** `_type` of the older statement, which carries the same fields. */
export const STATEMENT_V01 = 'https://in-toto.io/Statement/v0.1';

/** What a statement is about: a resource with a digest. */
export interface Subject extends ResourceDescriptor {
  readonly digest: DigestSet;
}

/** Binds a predicate to its subjects (in-toto spec/v1/statement.md). Unsigned; an attestation is a signed one. */
export interface Statement {
  readonly _type: typeof STATEMENT_V1 | typeof STATEMENT_V01;
  readonly subject: readonly Subject[];
  /** Opaque, compared exactly. */
  readonly predicateType: string;
  readonly predicate: JsonObject;
  /** Top-level fields that the specification does not know; ignored, and never written. */
  readonly unknownFields?: JsonObject;
}

const MEMBERS: Members = new Map<string, Read<unknown>>([
  ['_type', readStatementType],
  ['subject', readSubjects],
  ['predicateType', readTypeUri],
  ['predicate', asObject],
]);
const REQUIRED: readonly string[] = [...MEMBERS.keys()];

/**
 * Reads the payload of an envelope as a statement. Call it on the very bytes whose signature was verified.
 *
 * @throws {MalformedError} for strict JSON (see {@link parseJson}), for a subject list that is empty or longer than
 * {@link LIMITS}.subjects, for a subject without digest, for another `_type`, and for no predicate: in-toto would let
 * it be absent, but neither its Go library nor this one reads a statement that says nothing.
 */
export function parseStatement(bytes: Uint8Array): Statement {
  return readStatement(parseJson(bytes), '');
}

/** Reads a statement from a JSON value; see {@link parseStatement}. */
export function readStatement(value: JsonValue, pointer: string): Statement {
  const object = asObject(value, pointer);
  if (isStatement(object, pointer)) return object;
  return withDefined<Statement>(
    {
      _type: required(object, '_type', pointer, readStatementType),
      subject: required(object, 'subject', pointer, readSubjects),
      predicateType: required(object, 'predicateType', pointer, readTypeUri),
      predicate: requiredObject(object, 'predicate', pointer),
    },
    { unknownFields: unknownFields(object, MEMBERS) },
  );
}

function isStatement(object: JsonObject, pointer: string): object is Statement & JsonObject {
  return isAsRead(object, pointer, MEMBERS, REQUIRED);
}

function readStatementType(value: JsonValue, pointer: string): Statement['_type'] {
  if (value === STATEMENT_V1 || value === STATEMENT_V01) return value;
  throw new MalformedError('ERR_VALUE', pointer, `expected ${STATEMENT_V1}`);
}

function readSubjects(value: JsonValue, pointer: string): readonly Subject[] {
  const subjects = readList(value, pointer, readSubject, LIMITS.subjects);
  if (subjects.length === 0) throw new MalformedError('ERR_VALUE', pointer, 'names no subject');
  return subjects;
}

function readSubject(value: JsonValue, pointer: string): Subject {
  const descriptor = readDescriptorFields(asObject(value, pointer), pointer);
  if (!isSubject(descriptor)) throw missing(pointer, 'digest');
  return descriptor;
}

function isSubject(descriptor: ResourceDescriptor): descriptor is Subject {
  return descriptor.digest !== undefined;
}

/**
 * Writes a statement as compact JSON: always `_type` v1, and never a field outside of `predicate` that the
 * specification does not know, because Go's verifiers refuse those.
 *
 * @throws {MalformedError} for a statement that {@link parseStatement} would refuse.
 * @throws {TypeError} for a predicate that JSON cannot hold, see {@link encodeJson}.
 */
export function encodeStatement(statement: Statement): Uint8Array {
  const bytes = encodeJson({
    _type: STATEMENT_V1,
    subject: statement.subject.map((subject) => encodeDescriptorFields(subject)),
    predicateType: statement.predicateType,
    predicate: statement.predicate,
  });
  requireTypeUri(statement.predicateType, '/predicateType');
  parseStatement(bytes);
  return bytes;
}
