import {
  PROVENANCE_V1,
  asObject,
  isJsonObject,
  parseJson,
  parseProvenance,
  readResourceDescriptor,
  readStatement,
  type JsonValue,
} from 'in-toto-attestation';
import { z } from 'zod';
import { attempt, describeAttempt, type Attempt } from './attempt.ts';
import { readerFor } from './attestation-document.ts';
import type { Source, VectorFolder } from './folder.ts';
import { compare, notApplicable, type Outcome } from './outcome.ts';
import { fillPlaceholders } from './placeholders.ts';

const OTHER_KIND = 'a kind of document that this project has no parser for';
const NAME_ALONE =
  'the Go library takes a descriptor with a name alone; the specification demands uri, digest or content';
const UPPER_CASE = 'the Go library takes upper-case hex; the specification and we take lower-case alone';
const FRAGMENT = 'a fragment that is no document of its own';

const CASES = z.object({
  cases: z.array(z.object({ kind: z.string(), name: z.string(), input: z.string(), expect: z.string() })),
});
type Case = z.infer<typeof CASES>['cases'][number];

/** in-toto attestation: the Go library's validation cases, and the examples of the specification's pages. */
export const intotoAttestation: VectorFolder = {
  name: 'intoto-attestation',
  exceptions: [OTHER_KIND, NAME_ALONE, UPPER_CASE, FRAGMENT],
  judge,
};

function* judge(source: Source): Generator<Outcome> {
  for (const path of source.files.filter((file) => file.endsWith('.json'))) {
    if (path.startsWith('examples/')) yield judgeExample(path, source.bytes(path));
    else for (const validation of source.json(path, CASES).cases) yield judgeCase(validation);
  }
}

const READERS: Readonly<Record<string, (value: JsonValue) => unknown>> = {
  statement: (value) => readStatement(value, ''),
  'slsa-provenance-v1-predicate': (value) => parseProvenance(PROVENANCE_V1, asObject(value, ''), ''),
  'resource-descriptor': (value) => readResourceDescriptor(value, ''),
};

/** Where we must find the fault that the Go library names; an error not listed here may be found anywhere. */
const PLACES: Readonly<Record<string, RegExp>> = {
  ErrInvalidStatementType: /^\/_type$/,
  ErrSubjectRequired: /^\/subject$/,
  ErrDigestRequired: /^\/subject\/\d+\/digest$/,
  ErrPredicateTypeRequired: /^\/predicateType$/,
  ErrPredicateRequired: /^\/predicate$/,
  ErrBuildDefinitionRequired: /^\/buildDefinition/,
  ErrBuildTypeRequired: /^\/buildDefinition\/buildType$/,
  ErrExternalParamsRequired: /^\/buildDefinition\/externalParameters$/,
  ErrRunDetailsRequired: /^\/runDetails/,
  ErrBuilderRequired: /^\/runDetails\/builder/,
  ErrBuilderIdRequired: /^\/runDetails\/builder\/id$/,
  ErrInvalidDigestEncoding: /\/digest\/[^/]+$/,
  ErrIncorrectDigestLength: /\/digest\/[^/]+$/,
};

function judgeCase(validation: Case): Outcome {
  const name = `${validation.kind}: ${validation.name}`;
  const read = READERS[validation.kind];
  if (read === undefined) return notApplicable(name, OTHER_KIND);
  const end = attempt(() => read(fillPlaceholders(parseJson(Buffer.from(validation.input)))));
  const exception = exceptionFor(validation, end);
  if (exception !== undefined) return notApplicable(name, exception);
  if (['valid', 'parses'].includes(validation.expect)) return compare(name, 'accepted', describeAttempt(end));
  const expected = `rejected as ${validation.expect}`;
  return compare(name, expected, isRejectedAs(validation.expect, end) ? expected : describeAttempt(end));
}

function isRejectedAs(error: string, end: Attempt<unknown>): boolean {
  return end.verdict === 'rejected' && (PLACES[error] ?? /(?:)/).test(end.pointer);
}

function exceptionFor({ expect, input }: Case, end: Attempt<unknown>): string | undefined {
  if (expect !== 'valid' || end.verdict !== 'rejected') return undefined;
  const value: unknown = valueAt(JSON.parse(input), end.pointer);
  if (end.code === 'ERR_HEX' && typeof value === 'string' && /^[0-9a-f]*$/i.test(value)) return UPPER_CASE;
  return end.code === 'ERR_MISSING' && isNameAlone(value) ? NAME_ALONE : undefined;
}

/** The value that an RFC 6901 pointer names. */
function valueAt(document: JsonValue, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, JsonValue>>)[key];
  }
  return value;
}

function isNameAlone(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'name' in value && !('uri' in value || 'digest' in value)
  );
}

// The examples carry no verdict of their own: each is a shape that must be readable.
function judgeExample(path: string, bytes: Uint8Array): Outcome {
  const parsed = attempt(() => fillPlaceholders(parseJson(bytes)));
  if (parsed.verdict !== 'accepted') return compare(path, 'accepted', describeAttempt(parsed));
  const { value } = parsed;
  const read = readerFor(value);
  if (read === undefined || !isJsonObject(value)) return notApplicable(path, FRAGMENT);
  return compare(path, 'accepted', describeAttempt(attempt(() => read(value))));
}
