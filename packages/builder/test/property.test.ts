import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  encodeJson,
  encodeStatement,
  parseProvenance,
  parseStatement,
  type JsonValue,
} from 'in-toto-attestation';
import {
  BUILD_TYPE,
  JOB_STATUSES,
  JobRecordError,
  buildProvenance,
  parseJobRecord,
  readJobRecord,
  type JobOutputs,
} from '@danube/builder';
import { draft } from './example.ts';

const hex = (length: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));

const digest = fc.record(
  { sha256: hex(64), sha512: hex(128), gitCommit: hex(40) },
  { requiredKeys: ['sha256'], noNullPrototype: true },
);
const contentDigest = fc.record(
  { sha256: hex(64), sha384: hex(96) },
  { requiredKeys: ['sha256'], noNullPrototype: true },
);
const line = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .map((text) => text.replaceAll(/[\p{C}\p{Z}\u2800\u3164\uffa0]/gu, ''))
  .filter((text) => text !== '' && text !== '__proto__');
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
const image = fc.record(
  {
    name: name.map((text) => `registry.example/a${text.replaceAll(/[^a-z0-9]/g, '')}`),
    tag: name,
    digest: fc.record({ sha256: hex(64) }, { noNullPrototype: true }),
  },
  { requiredKeys: ['name', 'digest'], noNullPrototype: true },
);
const uri = fc
  .webUrl({ withQueryParameters: true })
  .map((text) => new URL(text).href.replaceAll(/[|^`"<>{}\\]/g, ''));
const json: fc.Arbitrary<JsonValue> = fc
  .json({ maxDepth: 5 })
  .filter((text) => !text.includes('__proto__'))
  .map((text): JsonValue => JSON.parse(text))
  .filter((value) => isExact(value));
const members = fc.dictionary(line, json, { noNullPrototype: true, maxKeys: 5 });
const resources = fc.dictionary(
  fc.constantFrom('cpu', 'memory', 'nvidia.com/gpu'),
  fc.constantFrom('1', '500m', '4Gi', '0.5', '1e3'),
  { noNullPrototype: true },
);

/** Seconds after midnight with a fraction and a zone, spelt in one of the ways that the format allows. */
const spelling = fc.tuple(
  fc.integer({ min: -14 * 60, max: 14 * 60 }),
  fc.stringMatching(/^(?:\.[0-9]{1,9})?$/),
  fc.boolean(),
);

function spell(second: number, [offset, fraction, zulu]: readonly [number, string, boolean]): string {
  const at = new Date(Date.UTC(2026, 0, 10, 0, 0, second) + (zulu ? 0 : offset * 60_000))
    .toISOString()
    .slice(0, 19);
  const zone = `${offset < 0 ? '-' : '+'}${pad(Math.trunc(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`;
  return at + fraction + (zulu ? 'Z' : zone);
}

const pad = (number: number): string => String(number).padStart(2, '0');

const step = fc.record(
  {
    name: line,
    image,
    command: fc.array(
      fc.string({ unit: 'grapheme' }).filter((text) => text.isWellFormed()),
      { minLength: 1, maxLength: 4 },
    ),
    startedOn: spelling.map((of) => spell(100, of)),
    finishedOn: spelling.map((of) => spell(200, of)),
    exitCode: fc.constant(0),
    log: fc.oneof(
      fc.record({ uri }, { noNullPrototype: true }),
      fc.record({ path: name, digest: contentDigest }, { noNullPrototype: true }),
    ),
    resources,
  },
  { requiredKeys: ['name', 'command', 'startedOn', 'finishedOn', 'exitCode'], noNullPrototype: true },
);

const record = fc.record(
  {
    apiVersion: fc.constant('danube.dev/v1'),
    kind: fc.constant('JobRecord'),
    job: fc.record(
      { id: name, attempt: fc.integer({ min: 1 }), uri: fc.constant('https://ci.example/jobs/1') },
      { noNullPrototype: true },
    ),
    pipeline: fc.oneof(
      fc.record({ name: line }, { noNullPrototype: true }),
      fc.record({ name: line, uri, digest }, { noNullPrototype: true }),
    ),
    status: fc.constantFrom(...JOB_STATUSES),
    source: fc.record(
      {
        uri: fc.constant('git+https://git.example/a'),
        ref: name.map((text) => `refs/heads/a${text.replaceAll('.', '')}`),
        commit: fc.oneof(hex(40), hex(64)),
      },
      { noNullPrototype: true },
    ),
    trigger: fc.record(
      { kind: fc.constantFrom('push', 'pull-request'), actor: line },
      { requiredKeys: ['kind'], noNullPrototype: true },
    ),
    parameters: members,
    steps: fc.uniqueArray(step, { maxLength: 4, selector: (item) => item.name }),
    inputs: fc.array(
      fc.record(
        { name: line, uri, digest, mediaType: line, annotations: members },
        { requiredKeys: ['name', 'digest'], noNullPrototype: true },
      ),
      { maxLength: 4 },
    ),
    artifacts: fc.record(
      {
        images: fc.uniqueArray(image, {
          minLength: 1,
          maxLength: 3,
          selector: (item) => `${item.name}:${item.tag}`,
        }),
      },
      { noNullPrototype: true },
    ),
    environment: fc.record(
      {
        workerImage: image,
        coordinatorImage: image,
        resources,
        isolation: fc.record(
          {
            namespace: line,
            pod: line,
            ephemeral: fc.boolean(),
            podUid: fc.uuid(),
            deletedOn: spelling.map((of) => spell(400, of)),
            security: fc.record(
              { runAsNonRoot: fc.boolean(), runAsUser: fc.integer({ min: 1, max: 70_000 }) },
              { requiredKeys: [], noNullPrototype: true },
            ),
            egressPolicy: fc.record({ name: line, digest: contentDigest }, { noNullPrototype: true }),
          },
          { requiredKeys: ['namespace', 'pod', 'ephemeral'], noNullPrototype: true },
        ),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
    builder: fc.record(
      { id: uri, version: fc.dictionary(line, line, { noNullPrototype: true }) },
      { requiredKeys: ['id'], noNullPrototype: true },
    ),
    startedOn: spelling.map((of) => spell(0, of)),
    finishedOn: spelling.map((of) => spell(300, of)),
  },
  {
    requiredKeys: [
      'apiVersion',
      'kind',
      'job',
      'pipeline',
      'status',
      'source',
      'trigger',
      'steps',
      'artifacts',
      'builder',
      'startedOn',
      'finishedOn',
    ],
    noNullPrototype: true,
  },
);

const artifacts = fc.uniqueArray(
  fc.record({ name: line, digest: contentDigest }, { noNullPrototype: true }),
  { maxLength: 5, selector: (item) => item.name },
);

function isExact(value: JsonValue): boolean {
  try {
    return encodeJson(value).length > 0;
  } catch {
    return false;
  }
}

/** The record read from JSON and turned into the bytes of a statement. */
function build(value: unknown, outputs: JobOutputs): Uint8Array {
  const read = parseJobRecord(new TextEncoder().encode(JSON.stringify(value)));
  return encodeStatement(buildProvenance(read, outputs, { allowFailed: true, allowRunning: true }));
}

/** The same value with all members of all objects in reverse. */
function reverse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverse);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reverse(member)]),
  );
}

describe('every record that is accepted', () => {
  it('gives a statement that the parsers accept, and the same bytes every time', () => {
    fc.assert(
      fc.property(record, artifacts, (value, files) => {
        const bytes = build(value, { artifacts: files });
        const statement = parseStatement(bytes);
        const provenance = parseProvenance(statement.predicateType, statement.predicate);
        assert.equal(statement.unknownFields, undefined);
        assert.equal(provenance.buildDefinition.buildType, BUILD_TYPE);
        assert.deepEqual(
          provenance.buildDefinition.externalParameters['parameters'] ?? {},
          value.parameters ?? {},
        );
        assert.deepEqual(build(reverse(value), { artifacts: [...files].reverse() }), bytes);
      }),
      { numRuns: 300 },
    );
  });
});

describe('every record that is not', () => {
  const paths: readonly (readonly string[])[] = listPaths(draft('full'), []);

  it('is refused by a JobRecordError and nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...paths), json, (path, value) => {
        const broken = draft('full', (root) => {
          const parent = path.slice(0, -1).reduce((object, key) => object[key], root);
          parent[path.at(-1) ?? ''] = value;
        });
        try {
          readJobRecord(broken);
        } catch (error) {
          assert.ok(error instanceof JobRecordError, String(error));
          assert.equal(error.code, 'ERR_JOB_RECORD');
          assert.ok(error.issues.every(({ pointer }) => pointer === '' || pointer.startsWith('/')));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function listPaths(value: JsonValue, path: readonly string[]): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    [...path, key],
    ...listPaths(member, [...path, key]),
  ]);
}
