import { building, IMAGE, IMAGE_DIGEST, RECORD, STEP, type Json } from './job-record.ts';
import { SOURCE_COMMIT } from './statements.ts';
import { encodeText, type Vector } from './vector.ts';

/** A record that is refused before anything is looked at. */
function refuses(name: string, description: string, record: Json | string, pointer: string): Vector {
  return building(name, description, { record }, { verdict: 'rejected', code: 'ERR_JOB_RECORD', pointer });
}

/** Job records that are refused. */
export const JOB_RECORD_VECTORS: readonly Vector[] = [
  refuses('not-json', 'Bytes that are no JSON.', 'job: abc123\n', ''),
  refuses(
    'duplicate-key',
    'Two sources: which one was built?',
    encodeText(RECORD).replace('"source":', '"source": {},\n  "source":'),
    '/source',
  ),
  refuses(
    'other-version',
    'A version of the format that is not known.',
    { ...RECORD, apiVersion: 'danube.dev/v2' },
    '/apiVersion',
  ),
  refuses(
    'unknown-field',
    'A misspelt field: a fact would be lost.',
    { ...RECORD, trigger: { kind: 'push', actors: 'alice' } },
    '/trigger/actors',
  ),
  refuses('missing-field', 'A record without builder.', { ...RECORD, builder: undefined }, '/builder'),
  refuses(
    'null-field',
    'null where a field should be left out.',
    { ...RECORD, parameters: null },
    '/parameters',
  ),
  refuses(
    'short-digest',
    'An image digest that is cut off.',
    { ...RECORD, steps: [{ ...STEP, image: { ...IMAGE, digest: { sha256: IMAGE_DIGEST.slice(1) } } }] },
    '/steps/0/image/digest/sha256',
  ),
  refuses(
    'upper-case-digest',
    'An image digest in upper case.',
    { ...RECORD, steps: [{ ...STEP, image: { ...IMAGE, digest: { sha256: IMAGE_DIGEST.toUpperCase() } } }] },
    '/steps/0/image/digest/sha256',
  ),
  refuses(
    'short-commit',
    'An abbreviated commit id.',
    { ...RECORD, source: { ...RECORD.source, commit: SOURCE_COMMIT.slice(0, 12) } },
    '/source/commit',
  ),
  refuses(
    'short-ref',
    'A branch without refs/heads/.',
    { ...RECORD, source: { ...RECORD.source, ref: 'main' } },
    '/source/ref',
  ),
  refuses(
    'credential',
    'A source URI with a token in it, which provenance would publish.',
    { ...RECORD, source: { ...RECORD.source, uri: 'git+https://token@git.example.com/shop/app' } },
    '/source/uri',
  ),
  refuses(
    'time-backwards',
    'The job ended before it started.',
    { ...RECORD, finishedOn: '2026-01-10T12:34:55Z' },
    '/finishedOn',
  ),
  refuses(
    'time-without-offset',
    'A time whose zone nobody knows.',
    { ...RECORD, startedOn: '2026-01-10T12:34:56' },
    '/startedOn',
  ),
  refuses(
    'time-of-no-calendar',
    'The 30th of February.',
    { ...RECORD, startedOn: '2026-02-30T12:34:56Z' },
    '/startedOn',
  ),
  refuses(
    'step-outside-job',
    'A step that started before its job.',
    { ...RECORD, steps: [{ ...STEP, startedOn: '2026-01-10T12:34:55Z' }] },
    '/steps/0/startedOn',
  ),
  refuses(
    'step-failed',
    'A step failed, and the job is said to have succeeded.',
    { ...RECORD, steps: [{ ...STEP, exitCode: 1 }] },
    '/steps/0/exitCode',
  ),
  refuses(
    'two-steps-of-one-name',
    'Two steps of one name.',
    { ...RECORD, steps: [STEP, STEP] },
    '/steps/1/name',
  ),
  refuses(
    'job-id-path',
    'A job id that is a path.',
    { ...RECORD, job: { ...RECORD.job, id: '../abc123' } },
    '/job/id',
  ),
  refuses(
    'artifact-outside',
    'An artifact outside the folder.',
    { ...RECORD, artifacts: { paths: ['../app.tgz'] } },
    '/artifacts/paths/0',
  ),
  refuses(
    'parameter-proto',
    'A parameter named __proto__, which some readers lose.',
    encodeText({ ...RECORD, parameters: { a: 1 } }).replace('"a"', '"__proto__"'),
    '/parameters/__proto__',
  ),
  refuses(
    'vouching-leads-nowhere',
    'Who vouches is said of a field that is not there: of the one that was meant it would be said by another pointer.',
    { ...RECORD, vouching: { controlPlane: [''], tenant: ['/parameter'] } },
    '/vouching/tenant/0',
  ),
  refuses(
    'vouching-twice',
    'The control plane saw it, and the tenant supplied it.',
    { ...RECORD, vouching: { controlPlane: ['/steps'], tenant: ['/steps'] } },
    '/vouching/tenant/0',
  ),
];
