import { building, IMAGE, IMAGE_DIGEST, RECORD, STEP, type Json } from './job-record.ts';
import {
  BUILD_TYPE,
  BUILDER_ID,
  hex,
  PROVENANCE_V1,
  SOURCE_COMMIT,
  SOURCE_REF,
  SOURCE_URI,
  STATEMENT_V1,
} from './statements.ts';
import { encodeText, type Vector } from './vector.ts';

const APP = 'danube test vector: a build output\n';
const LOG = 'danube test vector: a log\n';
const DIRECTORY = { 'out/app.tgz': APP, 'out/logs/build.log': LOG };

/** A record that is read, and with files beside it turned into the statement. */
function builds(
  name: string,
  description: string,
  record: Json,
  statement: Json,
  allowFailed?: boolean,
): Vector {
  const options = { directory: 'out', ...(allowFailed === undefined ? {} : { allowFailed }) };
  const files = { ...DIRECTORY, 'statement.json': encodeText(statement) };
  return building(
    name,
    description,
    { record, options, files },
    { verdict: 'accepted', statement: 'statement.json' },
  );
}

/** A sound record of a job that cannot become a statement. */
function fails(name: string, description: string, record: Json, code: string, pointer: string): Vector {
  const build = { record, options: { directory: 'out' }, files: DIRECTORY };
  return building(name, description, build, { verdict: 'rejected', code, pointer });
}

interface Expected {
  readonly buildDefinition?: Json;
  readonly internalParameters?: Json;
  readonly dependencies?: readonly Json[];
  readonly builder?: Json;
  readonly status?: string;
  readonly byproducts?: readonly Json[];
  readonly externalParameters?: Json;
}

/** The statement that docs/buildtypes/pipeline-v1.md demands of RECORD, with what a case adds. */
function statementOf(parts: Expected = {}): Json {
  return {
    _type: STATEMENT_V1,
    subject: [{ name: 'app.tgz', digest: { sha256: hex('sha256', APP) } }],
    predicateType: PROVENANCE_V1,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: {
          pipeline: 'app-release',
          source: `${SOURCE_URI}@${SOURCE_REF}`,
          trigger: 'push',
          ...parts.externalParameters,
        },
        internalParameters: { attempt: 1, ...parts.internalParameters },
        resolvedDependencies: [
          { uri: `${SOURCE_URI}@${SOURCE_REF}`, digest: { gitCommit: SOURCE_COMMIT } },
          ...(parts.dependencies ?? []),
        ],
      },
      runDetails: {
        builder: { id: BUILDER_ID, ...parts.builder },
        metadata: {
          invocationId: 'https://danube.example.com/jobs/abc123',
          startedOn: '2026-01-10T12:34:56Z',
          finishedOn: '2026-01-10T12:36:02Z',
          danube_status: parts.status ?? 'succeeded',
        },
        byproducts: parts.byproducts ?? [],
      },
    },
  };
}

const FULL = {
  ...RECORD,
  trigger: { kind: 'push', actor: 'alice@example.com' },
  parameters: { minify: true, environment: 'production' },
  steps: [{ ...STEP, image: IMAGE, log: { path: 'logs/build.log' } }],
  builder: { id: BUILDER_ID, version: { danube: '0.9.0' } },
};

const FULL_STATEMENT = statementOf({
  externalParameters: { parameters: { environment: 'production', minify: true } },
  internalParameters: { actor: 'alice@example.com' },
  dependencies: [
    {
      name: 'docker.io/library/node:24-slim',
      uri: `pkg:oci/node@sha256%3A${IMAGE_DIGEST}?repository_url=docker.io/library/node&tag=24-slim`,
      digest: { sha256: IMAGE_DIGEST },
    },
  ],
  builder: { version: { danube: '0.9.0' } },
  byproducts: [
    {
      name: 'logs/build.log',
      uri: 'https://danube.example.com/jobs/abc123#step=build',
      digest: { sha256: hex('sha256', LOG) },
      annotations: {
        name: 'build',
        image: `docker.io/library/node:24-slim@sha256:${IMAGE_DIGEST}`,
        command: ['make', 'dist'],
        exitCode: 0,
        startedOn: '2026-01-10T12:35:00Z',
        finishedOn: '2026-01-10T12:35:30.25Z',
      },
    },
  ],
});

const BUILT: readonly Vector[] = [
  builds('minimal', 'The smallest record.', RECORD, statementOf()),
  builds(
    'full',
    'A step with image and log, parameters, an actor, times with an offset.',
    FULL,
    FULL_STATEMENT,
  ),
  builds(
    'failed-allowed',
    'A job that failed, where provenance of such jobs is asked for.',
    { ...RECORD, status: 'failed' },
    statementOf({ status: 'failed' }),
    true,
  ),
];

const NOT_BUILT: readonly Vector[] = [
  fails(
    'failed',
    'A job that failed gets no provenance unless somebody asks.',
    { ...RECORD, status: 'failed' },
    'ERR_JOB_FAILED',
    '/status',
  ),
  fails(
    'no-output',
    'A declared file is not there.',
    { ...RECORD, artifacts: { paths: ['app.tgz', 'docs.tgz'] } },
    'ERR_JOB_OUTPUT',
    '/artifacts/paths/1',
  ),
  fails(
    'nothing-made',
    'The job declares nothing that it made.',
    { ...RECORD, artifacts: {} },
    'ERR_JOB_OUTPUT',
    '/artifacts',
  ),
  fails(
    'no-log',
    'A declared log is not there.',
    { ...RECORD, steps: [{ ...STEP, log: { path: 'logs/other.log' } }] },
    'ERR_JOB_OUTPUT',
    '/steps/0/log/path',
  ),
  fails(
    'other-log',
    'The log is not the one whose digest the record states.',
    {
      ...RECORD,
      steps: [{ ...STEP, log: { path: 'logs/build.log', digest: { sha256: hex('sha256', 'another log') } } }],
    },
    'ERR_JOB_OUTPUT',
    '/steps/0/log/digest',
  ),
];

/** Job records, and the statements that they become. */
export const BUILD_VECTORS: readonly Vector[] = [...BUILT, ...NOT_BUILT];
