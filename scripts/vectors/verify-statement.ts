import { signedByBuilder } from './signed.ts';
import { APP, DOCS, hex, statement, subject } from './statements.ts';
import type { Content, Vector } from './vector.ts';
import { rejects } from './verify-case.ts';

const text = JSON.stringify(statement());
const malformedStatement = (
  name: string,
  description: string,
  payload: Content | object,
  code: string,
  pointer: string,
): Vector =>
  rejects(
    `statement-${name}`,
    { description, evidence: { 'provenance.json': signedByBuilder(payload) } },
    ['statement.format'],
    [
      { id: 'signature', status: 'pass' },
      { id: 'statement.format', status: 'fail', code, pointer },
      { id: 'predicate.type', status: 'not-run' },
    ],
  );

/** statement.format: payloads that were well signed and are no statement. */
export const STATEMENT_VECTORS: readonly Vector[] = [
  malformedStatement(
    'not-json',
    'Well signed, but the payload is text.',
    'hello world',
    'ERR_JSON_SYNTAX',
    '',
  ),
  malformedStatement('array', 'Well signed, but the payload is an array.', '[]', 'ERR_TYPE', ''),
  malformedStatement(
    'other-type',
    'A _type that is no in-toto statement.',
    { ...statement(), _type: 'https://in-toto.io/Statement/v2' },
    'ERR_VALUE',
    '/_type',
  ),
  malformedStatement(
    'type-of-link',
    '`type` instead of `_type`.',
    { ...statement(), _type: undefined, type: 'https://in-toto.io/Statement/v1' },
    'ERR_MISSING',
    '/_type',
  ),
  malformedStatement(
    'duplicate-subject',
    'Two members named subject: which of them was built?',
    text.replace('"subject":', `"subject":[${JSON.stringify(subject(DOCS))}],"subject":`),
    'ERR_JSON_DUPLICATE_KEY',
    '/subject',
  ),
  malformedStatement(
    'duplicate-builder-id',
    'Two builder ids deep inside the predicate.',
    text.replace('"builder":{', '"builder":{"id":"https://evil.example.com",'),
    'ERR_JSON_DUPLICATE_KEY',
    '/predicate/runDetails/builder/id',
  ),
  malformedStatement(
    'invalid-utf8',
    'A byte that is not UTF-8, which lenient readers replace.',
    Buffer.from(text.replace('app-release', 'app-\u00ff'), 'latin1'),
    'ERR_JSON_UTF8',
    '',
  ),
  malformedStatement(
    'byte-order-mark',
    'The payload starts with a byte order mark.',
    `\ufeff${text}`,
    'ERR_JSON_BOM',
    '',
  ),
  malformedStatement(
    'surrogate',
    'Half of a surrogate pair in a parameter.',
    text.replace('"production"', String.raw`"\ud800"`),
    'ERR_JSON_SURROGATE',
    '/predicate/buildDefinition/externalParameters/parameters/environment',
  ),
  malformedStatement(
    'integer',
    'A parameter beyond 2^53 - 1, which JavaScript would round.',
    text.replace('"replicas":3', '"replicas":9007199254740993'),
    'ERR_JSON_NUMBER',
    '/predicate/buildDefinition/externalParameters/parameters/replicas',
  ),
  malformedStatement(
    'infinite',
    'A parameter that is beyond every double.',
    text.replace('"replicas":3', '"replicas":1e999'),
    'ERR_JSON_NUMBER',
    '/predicate/buildDefinition/externalParameters/parameters/replicas',
  ),
  malformedStatement(
    'no-subject',
    'The list of subjects is empty.',
    { ...statement(), subject: [] },
    'ERR_VALUE',
    '/subject',
  ),
  malformedStatement(
    'null-subject',
    'null in the list of subjects.',
    { ...statement(), subject: [null, subject(APP)] },
    'ERR_TYPE',
    '/subject/0',
  ),
  malformedStatement(
    'subject-without-digest',
    'A subject with a name and no digest.',
    { ...statement(), subject: [{ name: APP.name }] },
    'ERR_MISSING',
    '/subject/0/digest',
  ),
  malformedStatement(
    'empty-digest-set',
    'A subject whose digest set is empty.',
    { ...statement(), subject: [{ name: APP.name, digest: {} }] },
    'ERR_VALUE',
    '/subject/0/digest',
  ),
  malformedStatement(
    'upper-case-digest',
    'The right digest in upper case; the specification wants lower case.',
    {
      ...statement(),
      subject: [{ name: APP.name, digest: { sha256: hex('sha256', APP.content).toUpperCase() } }],
    },
    'ERR_HEX',
    '/subject/0/digest/sha256',
  ),
  malformedStatement(
    'digest-with-line-feed',
    'A line feed after the digest, which lenient decoders drop.',
    {
      ...statement(),
      subject: [{ name: APP.name, digest: { sha256: `${hex('sha256', APP.content)}\n` } }],
    },
    'ERR_HEX',
    '/subject/0/digest/sha256',
  ),
  malformedStatement(
    'short-digest',
    'The digest is cut off.',
    {
      ...statement(),
      subject: [{ name: APP.name, digest: { sha256: hex('sha256', APP.content).slice(0, 32) } }],
    },
    'ERR_HEX',
    '/subject/0/digest/sha256',
  ),
  malformedStatement(
    'predicate-array',
    'The predicate is an array.',
    { ...statement(), predicate: [] },
    'ERR_TYPE',
    '/predicate',
  ),
  malformedStatement(
    'predicate-type-number',
    'predicateType is a number.',
    { ...statement(), predicateType: 1 },
    'ERR_TYPE',
    '/predicateType',
  ),
];
