import { MalformedError } from './errors.ts';
import {
  asObject,
  member,
  optional,
  optionalList,
  readBytes,
  required,
  requiredString,
  withDefined,
  wrongType,
} from './fields.ts';
import { type JsonObject, type JsonValue } from './json.ts';
import { LIMITS } from './limits.ts';

/** That a Merkle tree holds an entry (RFC 6962). 64-bit integers are decimal strings. */
export interface InclusionProof {
  readonly logIndex: string;
  readonly rootHash: Uint8Array;
  readonly treeSize: string;
  readonly hashes: readonly Uint8Array[];
  /** A signed note (C2SP). */
  readonly checkpoint?: string;
}

/** An entry of a transparency log (protobuf-specs sigstore_rekor.proto). 64-bit integers are decimal strings. */
export interface TransparencyLogEntry {
  readonly logIndex: string;
  /** SHA-256 of the log's public key. */
  readonly logId?: Uint8Array;
  readonly kindVersion?: { readonly kind: string; readonly version: string };
  /** Seconds since 1970; proves nothing without {@link inclusionPromise}. */
  readonly integratedTime?: string;
  /** The log's signed entry timestamp. */
  readonly inclusionPromise?: Uint8Array;
  readonly inclusionProof?: InclusionProof;
  readonly canonicalizedBody?: Uint8Array;
}

const INT64_MAX = 2n ** 63n - 1n;
const DECIMAL = /^(?:0|[1-9][0-9]{0,18})$/;

/** Whether the text is a 64-bit integer as proto3 JSON writes it, and not negative. */
export function matchInt64(text: string): boolean {
  return DECIMAL.test(text) && BigInt(text) <= INT64_MAX;
}

/** Reads one entry of `tlogEntries`. */
export function readLogEntry(value: JsonValue, pointer: string): TransparencyLogEntry {
  const object = asObject(value, pointer);
  return withDefined<TransparencyLogEntry>(
    { logIndex: readInt64(object, 'logIndex', pointer) ?? '0' },
    {
      logId: optional(object, 'logId', pointer, readLogId),
      kindVersion: optional(object, 'kindVersion', pointer, readKindVersion),
      integratedTime: readInt64(object, 'integratedTime', pointer),
      inclusionPromise: optional(object, 'inclusionPromise', pointer, readInclusionPromise),
      inclusionProof: optional(object, 'inclusionProof', pointer, readInclusionProof),
      canonicalizedBody: optional(object, 'canonicalizedBody', pointer, readBytes),
    },
  );
}

function readLogId(value: JsonValue, pointer: string): Uint8Array {
  return required(asObject(value, pointer), 'keyId', pointer, readBytes);
}

function readKindVersion(value: JsonValue, pointer: string): { kind: string; version: string } {
  const object = asObject(value, pointer);
  return {
    kind: requiredString(object, 'kind', pointer),
    version: requiredString(object, 'version', pointer),
  };
}

function readInclusionPromise(value: JsonValue, pointer: string): Uint8Array {
  return required(asObject(value, pointer), 'signedEntryTimestamp', pointer, readBytes);
}

function readInclusionProof(value: JsonValue, pointer: string): InclusionProof {
  const object = asObject(value, pointer);
  return withDefined<InclusionProof>(
    {
      logIndex: readInt64(object, 'logIndex', pointer) ?? '0',
      rootHash: required(object, 'rootHash', pointer, readBytes),
      treeSize: readInt64(object, 'treeSize', pointer) ?? '0',
      hashes: optionalList(object, 'hashes', pointer, readBytes, LIMITS.proofHashes) ?? [],
    },
    { checkpoint: optional(object, 'checkpoint', pointer, readCheckpoint) },
  );
}

function readCheckpoint(value: JsonValue, pointer: string): string {
  return requiredString(asObject(value, pointer), 'envelope', pointer);
}

/** proto3 JSON writes int64 as a string, leaves out a zero, and reads numbers as well. None here is ever negative. */
function readInt64(object: JsonObject, key: string, pointer: string): string | undefined {
  const value = member(object, key);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw wrongType(`${pointer}/${key}`, 'string with an integer', value);
  }
  const text = String(value);
  if (matchInt64(text)) return text;
  throw new MalformedError('ERR_VALUE', `${pointer}/${key}`, 'not a 64-bit integer');
}
