import { joinPointer, type JsonLimits, type JsonValue, MalformedError, parseJson } from 'in-toto-attestation';
import type { z } from 'zod';
import { DocumentError, type DocumentErrorCode } from './errors.ts';

/** JSON that every reader sees alike. @throws {DocumentError} with `code` and the pointer. */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits, code: DocumentErrorCode): JsonValue {
  try {
    return parseJson(bytes, limits);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new DocumentError(code, cause.pointer, `is no strict JSON: ${cause.message}`, { cause });
  }
}

/** The first thing that a schema refuses, with its pointer. */
export function describeIssue(
  { issues: [issue] }: z.ZodError,
  code: DocumentErrorCode,
  what: string,
): DocumentError {
  if (issue === undefined) return new DocumentError(code, '', `is no ${what}`);
  const pointer = issue.path.reduce<string>((path, part) => joinPointer(path, String(part)), '');
  if (issue.code !== 'unrecognized_keys') return new DocumentError(code, pointer, issue.message);
  const [field = ''] = issue.keys;
  return new DocumentError(code, joinPointer(pointer, field), 'the format has no such field');
}
