import type { StoreCase } from './case-format.ts';
import { vector, type Vector } from './vector.ts';

type Puts = StoreCase['put'];

function stores(
  name: string,
  description: string,
  put: Puts,
  files: Readonly<Record<string, string>>,
  read?: string,
): Vector {
  return storing(name, description, put, { verdict: 'accepted', files }, read);
}

function refuses(name: string, description: string, put: Puts, code: string, read?: string): Vector {
  return storing(name, description, put, { verdict: 'rejected', code }, read);
}

function storing(
  name: string,
  description: string,
  put: Puts,
  expect: StoreCase['expect'],
  read?: string,
): Vector {
  return vector(name, { description, kind: 'store', put, ...(read === undefined ? {} : { read }), expect });
}

const FILES = { 'provenance.json': '{"a":1}' };
const job = (id: string, files: Readonly<Record<string, string>> = FILES): Puts[number] => ({
  job: id,
  files,
});
const many = Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`p${i}.json`, '']));

/** The directory of a job, as attestations are put into it. */
export const STORE_VECTORS: readonly Vector[] = [
  stores('put', 'A file of a new job.', [job('abc123')], FILES, 'abc123'),
  stores(
    'put-again',
    'The same file again changes nothing.',
    [job('abc123'), job('abc123')],
    FILES,
    'abc123',
  ),
  stores(
    'put-another-file',
    'Another file of the same job joins the first.',
    [job('abc123'), job('abc123', { 'vsa.json': '{}' })],
    { ...FILES, 'vsa.json': '{}' },
    'abc123',
  ),
  refuses(
    'other-bytes',
    'Other bytes under the same name: what is stored is never replaced.',
    [job('abc123'), job('abc123', { 'provenance.json': '{"a":2}' })],
    'ERR_STORE_CONFLICT',
  ),
  refuses(
    'job-id-path',
    'A job id that climbs out of the data directory.',
    [job('../abc123')],
    'ERR_STORE_JOB_ID',
  ),
  refuses('job-id-empty', 'An empty job id.', [job('')], 'ERR_STORE_JOB_ID'),
  refuses('job-id-dots', 'A job id that is the parent folder.', [job('..')], 'ERR_STORE_JOB_ID'),
  refuses(
    'file-name-path',
    'A file name that is a path.',
    [job('abc123', { 'a/provenance.json': '{}' })],
    'ERR_STORE_FILE_NAME',
  ),
  refuses(
    'file-name-ending',
    'A file that is no attestation by its name.',
    [job('abc123', { 'provenance.sh': '' })],
    'ERR_STORE_FILE_NAME',
  ),
  refuses(
    'unknown-job',
    'A job of which nothing was stored.',
    [job('abc123')],
    'ERR_STORE_NOT_FOUND',
    'def456',
  ),
  refuses('too-many-files', 'More files than a job may have.', [job('abc123', many)], 'ERR_STORE_LIMIT'),
];
