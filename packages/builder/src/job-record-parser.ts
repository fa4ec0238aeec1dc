import {
  isJsonArray,
  isJsonObject,
  joinPointer,
  LIMITS,
  MalformedError,
  parseJson,
  type JsonValue,
} from 'in-toto-attestation';
import { findContradictions } from './contradictions.ts';
import { JobRecordError, type JobRecordIssue } from './errors.ts';
import { describeIssue } from './issue.ts';
import { jobRecordSchema } from './job-record-schema.ts';
import type { JobRecord } from './job-record.ts';

/**
 * A job record may nest half as deep as an attestation, because its parameters end up deeper inside a statement than
 * they were.
 */
const DEPTH = LIMITS.depth / 2;

/**
 * Reads a job record (JSON, format `danube.dev/v1`) and makes sure that it does not contradict itself. Fields that the
 * format does not know are refused, so that no fact gets lost by a slip of the pen.
 *
 * @throws {JobRecordError} `ERR_JOB_RECORD`, with all that is wrong in `issues` and the first of it as `pointer`.
 */
export function parseJobRecord(bytes: Uint8Array): JobRecord {
  return readJobRecord(parseStrictJson(bytes));
}

/**
 * The same for a value in memory: whatever makes a job record out of another system's facts ends here.
 *
 * @throws {JobRecordError} as {@link parseJobRecord}
 */
export function readJobRecord(value: JsonValue): JobRecord {
  refuse(findPrototypeKeys(value, ''));
  const result = jobRecordSchema.safeParse(value);
  if (!result.success) {
    refuse(result.error.issues.flatMap((issue) => describeIssue(issue, value)));
    throw result.error;
  }
  refuse(findContradictions(result.data));
  return result.data;
}

function parseStrictJson(bytes: Uint8Array): JsonValue {
  try {
    return parseJson(bytes, { depth: DEPTH });
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    const prefix = cause.pointer === '' ? '' : `${cause.pointer}: `;
    const message = cause.message.slice(cause.message.startsWith(prefix) ? prefix.length : 0);
    throw new JobRecordError([{ pointer: cause.pointer, message }], { cause });
  }
}

function refuse(issues: readonly JobRecordIssue[]): void {
  const [first, ...others] = issues;
  if (first !== undefined) throw new JobRecordError([first, ...others]);
}

/** A schema's record silently leaves out a member of this name, and nothing may be left out silently. */
function findPrototypeKeys(value: JsonValue, pointer: string): JobRecordIssue[] {
  if (isJsonArray(value))
    return value.flatMap((item, index) => findPrototypeKeys(item, `${pointer}/${index}`));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const at = joinPointer(pointer, key);
    return key === '__proto__'
      ? [{ pointer: at, message: 'expected another name than "__proto__"' }]
      : findPrototypeKeys(member, at);
  });
}
